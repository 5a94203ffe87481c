"""``python -m agent_sessions`` is ``agent-sessions``."""

from .cli import main

if __name__ == "__main__":
    main()
