"""Agents as this wire reads and writes them: elizaOS's character form, and never a secret on the way out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...domain.agent import AgentStatus, string_to_uuid
from ...domain.errors import InvalidInput
from .bodies import Unstorable, plain
from .times import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...domain.agent import AgentDefinition
    from ..bodies import Body
    from .render import Json

SECRET_NAME = re.compile(
    r"key$|access_?key|token$|secret|passw|passphrase|credential|authorization|private|cookie", re.IGNORECASE
)
"""Settings with such a name are not shown: people put keys among the settings although there is a place for secrets."""

IGNORED = frozenset({"metadata", "characterName"})
"""Members that elizaOS's clients may send with an agent and that elizaOS drops too."""

_NO_CHARACTER = "No character configuration provided"
_NO_PATH = "characterPath names a file of the server, which is not read over HTTP: send its content as characterJson"


@dataclass(frozen=True, slots=True)
class AskedAgent:
    """An agent as a client describes it. ``kind`` and ``options``: how it is to answer, None where not said."""

    document: dict[str, Any]
    kind: str | None
    options: Mapping[str, Any] | None

    @property
    def agent_id(self) -> str:
        """The id of a well-formed character: its own, else the one its name gives."""
        return self.document.get("id") or string_to_uuid(self.document["name"])


def summary(agent: AgentDefinition) -> Json:
    """An agent among others."""
    character = agent.character
    return {
        "id": agent.id,
        "name": character.name,
        "characterName": character.name,
        "bio": character.bio[0] if character.bio else "",
        "status": agent.status.value,
    }


def full(agent: AgentDefinition) -> Json:
    """All of an agent that may be seen, its kind included. What the kind was told (its options) stays inside."""
    return {
        **character(agent),
        "kind": agent.kind,
        "enabled": True,
        "status": agent.status.value,
        "createdAt": epoch_ms(agent.created_at),
        "updatedAt": epoch_ms(agent.updated_at),
    }


def character(agent: AgentDefinition) -> Json:
    """The character alone."""
    shown = {"id": agent.id, "name": agent.character.name, **agent.character.document}
    if "settings" in shown:
        settings = {name: value for name, value in shown["settings"].items() if name != "options"}
        shown["settings"] = _without_secrets(settings)
    return shown


def started(agent: AgentDefinition) -> Json:
    """An agent that was started or stopped."""
    return {"id": agent.id, "name": agent.character.name, "status": agent.status.value}


def counts(agents: Sequence[AgentDefinition]) -> Json:
    """How many agents there are."""
    active = sum(agent.status is AgentStatus.ACTIVE for agent in agents)
    return {"total": len(agents), "active": active, "inactive": len(agents) - active}


def new_agent(body: Body) -> AskedAgent:
    """The agent to be made: ``characterJson``, or ``agent``. Raises InvalidInput."""
    given = body if isinstance(body, dict) else {}
    if not given.get("characterJson") and given.get("characterPath"):
        raise InvalidInput("characterPath", _NO_PATH)
    document = given.get("characterJson") or given.get("agent")
    if not document:
        raise InvalidInput("character", _NO_CHARACTER)
    return _asked(document, kind=given.get("kind"), options=given.get("options"))


def changes(body: Body) -> AskedAgent:
    """The members of an agent that are to change. Raises InvalidInput."""
    return _asked(body, kind=None, options=None)


def _asked(document: Any, *, kind: Any, options: Any) -> AskedAgent:
    if not isinstance(document, dict):
        raise InvalidInput("character", "must be an object")
    try:
        kept = plain(document)
    except Unstorable as error:
        raise InvalidInput("character", str(error)) from None
    own_kind, own_options = kept.pop("kind", None), kept.pop("options", None)
    kind = own_kind if kind is None else kind
    options = own_options if options is None else options
    if not isinstance(kind, str | None):
        raise InvalidInput("kind", "must be a string")
    if not isinstance(options, dict | None):
        raise InvalidInput("options", "must be an object")
    document = {name: value for name, value in kept.items() if name not in IGNORED}
    return AskedAgent(document, kind, options)


def _without_secrets(value: Any) -> Any:
    """A copy of JSON without the members that are named like secrets, however deep they lie."""
    if isinstance(value, dict):
        return {name: _without_secrets(inner) for name, inner in value.items() if not SECRET_NAME.search(name)}
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value
