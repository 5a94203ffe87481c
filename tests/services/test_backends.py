"""Backends that keep memories elsewhere hear of whoever goes by another id, and of all that is to be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_sessions.domain.errors import SessionNotFound, UserNotFound
from agent_sessions.domain.memory import ProcessingResult
from agent_sessions.ports import Owner

from .remembering import ANN, remembering
from .scripted_backend import ScriptedBackend

if TYPE_CHECKING:
    from pathlib import Path

    from agent_sessions.ports import ConversationToRemember
    from agent_sessions.testing import FakeClock

HANNA = Owner("default", "hanna")


class Elsewhere(ScriptedBackend):
    """Keeps what was said itself: owner to session to texts. ``away``: it cannot be reached."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[Owner, dict[str, list[str]]] = {}
        self.away = False

    async def remember(self, conversation: ConversationToRemember) -> ProcessingResult:
        texts = [utterance.text for utterance in conversation.utterances]
        self.kept.setdefault(conversation.owner, {})[conversation.session_id] = texts
        return ProcessingResult(conversation.session_id)

    async def forget(self, owner: Owner, *, session_id: str | None = None) -> None:
        if self.away:
            raise ConnectionError("cannot be reached")
        if session_id is None:
            self.kept.pop(owner, None)
        else:
            self.kept.get(owner, {}).pop(session_id, None)


class Following(Elsewhere):
    """Knows that people get other names."""

    async def rename(self, owner: Owner, new: Owner) -> None:
        self.kept[new] = self.kept.pop(owner, {})


async def test_what_is_kept_of_a_user_follows_a_new_id(tmp_path: Path, clock: FakeClock) -> None:
    backend = Following()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        session = await memory.processed(ANN, "U: I live in Porto")
        await memory.users.update(ANN, metadata={"a": 1})
        await memory.users.update(ANN, new_id=ANN.user_id)
        assert backend.kept == {ANN: {session.id: ["I live in Porto"]}}
        await memory.users.update(ANN, new_id=HANNA.user_id)
        assert backend.kept == {HANNA: {session.id: ["I live in Porto"]}}


async def test_a_backend_that_cannot_follow_keeps_nothing_under_the_old_id(tmp_path: Path, clock: FakeClock) -> None:
    backend = Elsewhere()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        await memory.processed(ANN, "U: I live in Porto")
        await memory.users.update(ANN, new_id=HANNA.user_id)
        assert backend.kept == {}


async def test_who_cannot_be_forgotten_everywhere_is_not_forgotten_anywhere(tmp_path: Path, clock: FakeClock) -> None:
    """So that whoever asked can ask again."""
    backend = Elsewhere()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        session = await memory.processed(ANN, "U: I live in Porto")
        backend.away = True
        with pytest.raises(ConnectionError):
            await memory.sessions.remove(ANN, session.id)
        with pytest.raises(ConnectionError):
            await memory.users.erase(ANN)
        assert (await memory.sessions.get(ANN, session.id)).last_seq == session.last_seq
        backend.away = False
        await memory.sessions.remove(ANN, session.id)
        assert backend.kept == {ANN: {}}
        await memory.users.erase(ANN)
        assert backend.kept == {}


async def test_nobody_else_is_forgotten(tmp_path: Path, clock: FakeClock) -> None:
    backend = Elsewhere()
    async with remembering(tmp_path, clock, backend=backend) as memory:
        session = await memory.processed(ANN, "U: I live in Porto")
        kept = {ANN: {session.id: ["I live in Porto"]}}
        with pytest.raises(UserNotFound):
            await memory.users.erase(HANNA)
        with pytest.raises(UserNotFound):
            await memory.sessions.remove(HANNA, session.id)
        with pytest.raises(SessionNotFound):
            await memory.sessions.remove(ANN, "another")
        assert backend.kept == kept
