"""Reply parts written as JSON: what webhooks answer, and what Python callables may return.

``{"text": "...", "thought": "...", "actions": ["..."], "attachments": [{...}], "silent": false}``, each member
optional; further members are kept with the reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent_sessions.domain.agent import ReplyPart

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_MEMBERS = frozenset({"text", "thought", "actions", "attachments", "silent"})


def reply_part(form: object) -> ReplyPart:
    """The part that a value stands for: a ReplyPart, a text, a mapping in the form above, or None for no answer.

    Raises ValueError that says what is wrong with it.
    """
    if isinstance(form, ReplyPart):
        return form
    if isinstance(form, str):
        return ReplyPart(text=form)
    if form is None:
        return ReplyPart(silent=True)
    if not isinstance(form, dict):
        raise ValueError(f"a reply is a text, an object or nothing, not {type(form).__name__}")
    return _from_mapping(form)


def _from_mapping(form: Mapping[str, Any]) -> ReplyPart:
    return ReplyPart(
        text=_text(form, "text") or "",
        thought=_text(form, "thought"),
        actions=_all(form, "actions", str),
        attachments=_all(form, "attachments", dict),
        extra={key: value for key, value in form.items() if key not in OWN_MEMBERS},
        silent=form.get("silent") is True,
    )


def _text(form: Mapping[str, Any], member: str) -> str | None:
    value = form.get(member)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"'{member}' of a reply must be a text")
    return value


def _all(form: Mapping[str, Any], member: str, kind: type) -> tuple[Any, ...]:
    value = form.get(member) or ()
    if not isinstance(value, list | tuple) or not all(isinstance(item, kind) for item in value):
        raise ValueError(f"'{member}' of a reply must be a list of {'texts' if kind is str else 'objects'}")
    return tuple(value)
