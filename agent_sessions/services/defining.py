"""How agents come to be defined: from config.yaml, from a character in elizaOS's form, from changes to one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..domain.agent import AgentDefinition, AgentStatus
from ..domain.character import character_from, merged_document, timeout_overrides
from ..domain.errors import ConfigError, InvalidInput
from .configured_agents import configured_character

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..domain.agent import Character
    from ..ports import Clock
    from .configured_agents import ConfiguredAgent

MOMENT = timedelta(milliseconds=1)
"""A changed agent is at least this much newer than it was, so that each change can be told from the wording before."""

ADDED_TO_CHARACTERS = frozenset({"enabled", "status", "createdAt", "updatedAt"})
"""What elizaOS adds to a character to make an agent of it (``Agent`` of @elizaos/core 1.7.2). Not ours to be told."""

HARMLESS_KINDS = frozenset({"companion", "echo"})
"""Kinds that reach nothing outside the process, so that whoever can reach the API may make agents of them."""


class Defining:
    """Makes definitions. ``default_kind``, ``kinds_over_api``: as for the directory of agents."""

    def __init__(self, clock: Clock, *, default_kind: str, kinds_over_api: Collection[str]) -> None:
        self._clock = clock
        self._default_kind = default_kind
        self._kinds_over_api = frozenset(kinds_over_api)

    def new(self, document: object, *, kind: str | None, options: Mapping[str, Any] | None) -> AgentDefinition:
        """A new agent that does not run. Raises InvalidInput."""
        character = character_from(_without_additions(document))
        kind, options = self._manner(character, kind=kind, options=options)
        self._ensure_allowed(kind)
        return self._defined(character, kind=kind, options=options, status=AgentStatus.INACTIVE)

    def changed(
        self,
        before: AgentDefinition,
        changes: Mapping[str, Any],
        *,
        kind: str | None,
        options: Mapping[str, Any] | None,
    ) -> AgentDefinition:
        """The agent with the named members changed. Raises InvalidInput."""
        character = character_from(merged_document(before.character, _without_additions(changes)))
        if character.id != before.id:
            raise InvalidInput("id", "cannot be changed")
        kind, options = self._new_manner(before, character, kind=kind, options=options)
        changed = self._defined(character, kind=kind, options=options, status=before.status)
        later = max(changed.updated_at, before.updated_at + MOMENT)
        return replace(changed, created_at=before.created_at, updated_at=later)

    def configured(self, configured: Iterable[ConfiguredAgent]) -> dict[str, AgentDefinition]:
        """What config.yaml says, by id."""
        written: dict[str, AgentDefinition] = {}
        for entry in configured:
            character = configured_character(entry)
            if character.id in written:
                raise ConfigError(f"agents: '{character.name}' and another agent have the same id {character.id}")
            written[character.id] = self._defined(
                character, kind=entry.kind, options=entry.options, status=AgentStatus.ACTIVE
            )
        return written

    def _defined(
        self, character: Character, *, kind: str, options: Mapping[str, Any], status: AgentStatus
    ) -> AgentDefinition:
        now = self._clock.now()
        return AgentDefinition(
            character=character,
            kind=kind,
            options=options,
            timeouts=timeout_overrides({**character.settings, **character.secrets}),
            status=status,
            created_at=now,
            updated_at=now,
        )

    def _manner(
        self, character: Character, *, kind: str | None, options: Mapping[str, Any] | None
    ) -> tuple[str, Mapping[str, Any]]:
        """How an agent answers: as said, else as its settings say, else the server's default."""
        said = character.settings.get("kind") if kind is None else kind
        if said is None:
            said = self._default_kind
        if not isinstance(said, str):
            raise InvalidInput("settings.kind", "must be a string")
        with_what = character.settings.get("options", {}) if options is None else options
        if not isinstance(with_what, dict):
            raise InvalidInput("settings.options", "must be an object")
        return said, with_what

    def _new_manner(
        self, before: AgentDefinition, character: Character, *, kind: str | None, options: Mapping[str, Any] | None
    ) -> tuple[str, Mapping[str, Any]]:
        """How an agent answers after a change: as before, where neither the call nor its settings say something new."""
        old, new = before.character.settings, character.settings
        if kind is None and old.get("kind") == new.get("kind"):
            kind = before.kind
        if options is None and old.get("options") == new.get("options"):
            options = before.options
        manner = self._manner(character, kind=kind, options=options)
        if manner != (before.kind, before.options):
            self._ensure_allowed(manner[0])
        return manner

    def _ensure_allowed(self, kind: str) -> None:
        if kind not in self._kinds_over_api:
            allowed = ", ".join(sorted(self._kinds_over_api))
            raise InvalidInput("kind", f"'{kind}' can be given in config.yaml only; over the API: {allowed}")


def _without_additions(document: object) -> object:
    if not isinstance(document, dict):
        return document
    return {key: value for key, value in document.items() if key not in ADDED_TO_CHARACTERS}
