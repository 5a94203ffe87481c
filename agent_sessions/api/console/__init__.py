"""The web console: a page at ``/`` that uses the public routes as any other client does."""
