"""The settings of what the server writes about itself."""

from __future__ import annotations

from typing import Literal

from .declare import Section, setting
from .values import Level


class Log(Section):
    """What the server writes about itself, to its standard error."""

    level: Level = setting(
        "info", "Least important line written: debug, info, warning, error or critical.", env="LOG_LEVEL"
    )
    format: Literal["auto", "text", "json"] = setting(
        "auto", "How lines look; auto means text in a terminal and JSON elsewhere.", env="AGENT_SESSIONS_LOG_FORMAT"
    )
    access: bool = setting(
        False,
        "Whether each request gets a line; it takes about half of the server's speed.",
        env="AGENT_SESSIONS_LOG_ACCESS",
    )
    over_sockets: bool | None = setting(
        None,
        "Whether clients of Socket.IO may follow these lines; null means only where anybody on this machine, and "
        "nobody else, can connect.",
        env="AGENT_SESSIONS_LOG_OVER_SOCKETS",
    )
