"""All routes of both wires in one document."""

from __future__ import annotations

from typing import Any

from ..eliza import described as eliza
from ..recallr import described as recallr
from .document import document

TITLE = "agent-sessions"
DESCRIPTION = (
    "Sessions and memory for AI agents: elizaOS's Sessions API and RecallrAI's memory API over one store. Where the "
    "server has a key, every route but the open ones needs it."
)


def everything(*, version: str, server: str, keyed: bool) -> dict[str, Any]:
    """The document. ``server``: where the routes begin, ``/`` or a prefix. ``keyed``: whether calls need a key."""
    return document(
        [*eliza.endpoints(), *recallr.endpoints()],
        version=version,
        title=TITLE,
        description=DESCRIPTION,
        tags={**eliza.TAGS, **recallr.TAGS},
        security_schemes={**eliza.SECURITY_SCHEMES, **recallr.SECURITY_SCHEMES} if keyed else {},
        path_parameters={**recallr.PATH_PARAMETERS, **eliza.PATH_PARAMETERS},
        server=server,
    )
