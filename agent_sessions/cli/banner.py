"""What the server says at its start: where it is, who answers, where things are kept, who is let in."""

from collections.abc import Iterator, Sequence

import typer

from .. import __version__
from ..config import Loaded
from ..domain.agent import AgentDefinition
from ..services import Services

COLUMN = 9
"""Characters for the names of what is told."""
MOST_AGENTS = 8
"""Agents that are named; of more, how many more there are."""
LONGEST_NAME = 40
"""Characters of an agent's name, so that a line fits a terminal of 80 columns with its kind and status."""


def banner(loaded: Loaded, services: Services, url: str) -> str:
    """What people want to know at the start; ``url``: where the server is reached."""
    lines = {
        "URL": url,
        "Agents": f"\n{' ' * (COLUMN + 3)}".join(_agents(services.agents.all())),
        "Store": services.store.description,
        "Memory": _memory(loaded),
        "Settings": str(loaded.file) if loaded.file else "defaults (no config.yaml here)",
        "Access": _access(loaded),
    }
    told = "\n".join(f"  {typer.style(f'{name:{COLUMN}}', dim=True)} {text}" for name, text in lines.items())
    title = typer.style(f"agent-sessions {__version__}", bold=True)
    return f"\n{title}\n\n{told}\n\nTalk to an agent: agent-sessions chat. Stop with Ctrl-C.\n"


def _agents(agents: Sequence[AgentDefinition]) -> Iterator[str]:
    """A line for each agent, those that run first, with what they are below one another."""
    shown = [(_shortened(agent.character.name), f"({agent.kind}, {agent.status})") for agent in agents[:MOST_AGENTS]]
    if not shown:
        yield "none; name some in config.yaml under agents:"
    elif len(shown) == 1:
        yield " ".join(shown[0])
    else:
        widest = max(len(name) for name, _ in shown)
        yield from (f"{name:{widest}}  {what}" for name, what in shown)
    if len(agents) > MOST_AGENTS:
        yield f"and {len(agents) - MOST_AGENTS} more"


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _access(loaded: Loaded) -> str:
    """Who is let in."""
    if loaded.settings.auth.token:
        return "with the token"
    return "open, to this machine alone" if loaded.settings.server.on_loopback else "open to everybody on the network"


def _memory(loaded: Loaded) -> str:
    """What remembers, and by what memories are made."""
    memory, model = loaded.settings.memory, loaded.settings.extraction.model
    return memory.backend if memory.backend != "local" else f"local, made by {model or 'rule'}"
