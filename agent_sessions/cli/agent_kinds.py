"""Whether the kinds of agents that the settings open to callers exist."""

from collections.abc import Sequence
from importlib.metadata import entry_points

from ..config import Loaded
from ..domain.errors import ConfigError

GROUP = "agent_sessions.agents"
"""The entry point group of agent kinds, also of those that strangers install."""
SETTING = "auth.agent_kinds_over_api"


def installed_kinds() -> Sequence[str]:
    """The kinds that agents may have here, in alphabetical order."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def refuse_unknown_kinds(loaded: Loaded) -> None:
    """Raise ConfigError when callers are let make agents of a kind that is not installed: a name that was mistyped.

    Not a rule of the settings themselves: a program that embeds the server brings kinds of its own.
    """
    known = installed_kinds()
    unknown = [f"'{kind}'" for kind in loaded.settings.auth.agent_kinds_over_api if kind not in known]
    if unknown:
        raise ConfigError(
            f"{SETTING} ({loaded.origin(SETTING)}): no agent kind is called {' or '.join(unknown)}; "
            f"known: {', '.join(known)}"
        )
