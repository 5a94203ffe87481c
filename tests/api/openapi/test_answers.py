"""Requests made up from the document get no 500, and no answer that the document does not tell of.

They go to a server in a process of its own. Half of the time the ids in their paths are of things that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agent_sessions.api.openapi.everything import everything
from agent_sessions.domain.agent import string_to_uuid

from ...clients.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemathesis import Case

SCHEMA = schemathesis.openapi.from_dict(everything(version="1", server="/", keyed=False))
OPERATIONS = {each.ok().label: each.ok() for each in SCHEMA.get_all_operations() if isinstance(each, Ok)}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
AGENT = string_to_uuid("Fuzzed")
SERVER = "00000000-0000-0000-0000-000000000000"

NOT_DONE_HERE = 501
"""Speech; that is told in the document, and no fault of the server."""

DESTRUCTIVE = {"DELETE /api/agents/{agent_id}", "POST /api/agents/{agent_id}/stop"}
"""What would leave nothing for the other requests to talk to gets no ids of things that are there."""

ENDLESS = {"GET /api/messaging/sessions/{session_id}/events"}
"""Nor does what would only end with a session."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    agents = [{"name": "Fuzzed", "kind": "echo"}]
    with serving(tmp_path_factory.mktemp("fuzzed"), {"agents": agents}) as running:
        yield running.url


@pytest.mark.parametrize("label", OPERATIONS)
def test_answers_are_as_told(server: str, label: str) -> None:
    things = _Things(server)

    @given(case=OPERATIONS[label].as_strategy(), real=st.booleans())
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case[Any], real: bool) -> None:
        if real and label not in DESTRUCTIVE | ENDLESS:
            case.path_parameters = things.named(case.path_parameters)
        answer = case.call(base_url=server, timeout=20, headers={"Accept": "application/json"})
        case.validate_response(answer, checks=CHECKS[1:] if answer.status_code == NOT_DONE_HERE else CHECKS)

    ask()


class _Things:
    """Things that are there, made when they are first asked for; some requests erase them, so they are made anew."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._makers: dict[str, Callable[[dict[str, Any]], str]] = {
            "user_id": self._user,
            "agent_id": lambda _: AGENT,
            "server_id": lambda _: SERVER,
            "session_id": self._session,
            "job_id": self._job,
        }

    def named(self, segments: dict[str, Any]) -> dict[str, Any]:
        """The segments with ids of things that are there, where there are such things."""
        found: dict[str, Any] = {}
        for name in sorted(segments, reverse=True):  # the user before their session
            make = self._makers.get(name)
            found[name] = make(found) if make else segments[name]
        return found

    def _user(self, _found: dict[str, Any]) -> str:
        user_id = str(uuid4())
        self._post("/api/v1/users", {"custom_user_id": user_id})
        return user_id

    def _session(self, found: dict[str, Any]) -> str:
        if "user_id" in found:
            made = self._post(f"/api/v1/users/{found['user_id']}/sessions", {})["session"]["session_id"]
            self._post(
                f"/api/v1/users/{found['user_id']}/sessions/{made}/add-message",
                {"message": "I moved to Berlin last week.", "role": "user"},
            )
            return str(made)
        return str(self._post("/api/messaging/sessions", {"agentId": AGENT, "userId": str(uuid4())})["sessionId"])

    def _job(self, _found: dict[str, Any]) -> str:
        return str(self._post("/api/messaging/jobs", {"userId": str(uuid4()), "content": "Hello"})["jobId"])

    def _post(self, path: str, body: Any) -> Any:
        answer = requests.post(self._url + path, json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()
