"""Where the page's files lie."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent / "static"
FROM_CONSOLE = ("css/tokens.css", "css/base.css", "js/dom.js", "js/theme_at_start.js", "icon.svg")
"""What the page has in common with the console."""
