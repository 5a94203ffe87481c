"""Mistakes in the settings of webhooks are told before the server runs, and no secret with them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from agent_sessions.app import Server
from agent_sessions.config import load
from agent_sessions.config.show import rows
from agent_sessions.domain.errors import ConfigError

from .receiver import SECRET

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://example.org/hook"


def settings(folder: Path, members: str, *, environ: dict[str, str] | None = None) -> Any:
    """What is read from a file with a webhook that has these members."""
    file = folder / "config.yaml"
    file.write_text(f"database: {{url: 'sqlite:///{folder}/x.db'}}\nwebhooks:\n- {{name: crm, {members}}}\n")
    return load(file, environ=environ or {})


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (f"url: '{URL}'", "webhooks[0].secrets"),
        (f"url: '{URL}', secrets: []", "webhooks[0].secrets"),
        (f"url: 'ftp://example.org', secrets: ['{SECRET}']", "webhooks[0].url"),
        (f"url: '{URL}', secrets: ['{SECRET}'], timeout_seconds: 31", "webhooks[0].timeout_seconds"),
        (f"url: '{URL}', secrets: ['{SECRET}'], event: '*'", "webhooks[0].event "),
        (f"url: '{URL}', secrets: ['{SECRET}']}}\n- {{name: crm, url: '{URL}', secrets: [X]", "crm is there more than"),
        (f"url: '{URL}', secrets: ['{SECRET}'], events: [session.died]", "'session.died' is no type of event"),
        (f"url: '{URL}', secrets: ['{SECRET}'], events: [reply.chunk]", "'reply.chunk' is not kept"),
        (f"url: '{URL}', secrets: ['{SECRET}'], agent: Nobody", "'Nobody' is no configured agent"),
        (f"url: '{URL}', secrets: [NOT_SET]", "the environment has no NOT_SET"),
        (f"url: '{URL}', secrets: [NO_SECRET]", "environment NO_SECRET must begin with whsec_"),
        (f"url: '{URL}', secrets: ['whsec_%%%']", "must be base64 after whsec_"),
        (f"url: '{URL}', secrets: ['whsec_c2hvcnQ=']", "must hold 24 to 64 bytes"),
    ],
)
def test_mistakes_are_told_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, members: str, told: str
) -> None:
    monkeypatch.setenv("NO_SECRET", "a word nobody shall see")
    with pytest.raises(ConfigError) as raised:
        Server(settings(tmp_path, members).settings)
    assert told in str(raised.value)
    for secret in ("a word nobody", "%%%", "c2hvcnQ", SECRET):
        assert secret not in str(raised.value)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    loaded = settings(tmp_path, f"url: 'https://me:pass@example.org', secrets: ['{SECRET}']")
    Server(loaded.settings)
    assert {row.path: row.value for row in rows(loaded)}["webhooks"] == "crm"
    assert "pass" not in repr(loaded.settings.webhooks)
    assert base64.b64encode(b"one secret").decode()[:8] not in repr(loaded.settings.webhooks)
