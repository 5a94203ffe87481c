"""The elizaOS wire: sessions, agents, jobs and server routes, so that unmodified elizaOS clients work."""
