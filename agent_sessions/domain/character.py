"""elizaOS's character form: checking one, keeping its secrets apart, and what an agent is told of who it is.

Knows nothing of where a character comes from or how an agent answers.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .agent import UUID_SHAPE, Character, string_to_uuid
from .errors import InvalidInput
from .timeouts import LONGEST, TimeoutOverrides, Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MILLISECONDS_PER_MINUTE = 60_000
PLACEHOLDER = re.compile(r"\{\{\s*(?:user|name)(\d*)\s*\}\}")
"""elizaOS's stand-ins for the people of an example: ``{{user1}}``, ``{{name2}}``."""


def character_from(document: object) -> Character:
    """The character a document describes. Raises InvalidInput that names the member and its rule.

    Members elizaOS does not know are refused; ``name`` and ``bio`` are required. Without an ``id`` it is derived from
    the name. The returned ``document`` holds neither ``secrets`` nor ``settings.secrets``.
    """
    checked = _checked(document)
    settings = {key: value for key, value in checked.get("settings", {}).items() if key != "secrets"}
    secrets = {**checked.get("settings", {}).get("secrets", {}), **checked.get("secrets", {})}
    public = {key: value for key, value in checked.items() if key != "secrets"}
    if "settings" in public:
        public["settings"] = settings
    name: str = checked["name"]
    return Character(
        id=checked.get("id", string_to_uuid(name)),
        name=name,
        document=public,
        settings=settings,
        secrets=secrets,
        system=checked.get("system"),
        bio=_lines(checked["bio"]),
    )


def merged_document(character: Character, changes: object) -> object:
    """The whole document of a character with these changes, to be read by :func:`character_from`.

    A member that is named replaces the one of before; ``settings`` and ``secrets`` are changed key by key. Null takes a
    member, a setting or a secret away.
    """
    if not isinstance(changes, dict):
        return changes
    merged = {"id": character.id, **character.document, **changes, "secrets": changes.get("secrets", {})}
    settings = changes.get("settings")
    if isinstance(settings, dict):
        merged["settings"] = _changed(character.settings, settings)
        if isinstance(nested := settings.get("secrets"), dict) and isinstance(merged["secrets"], dict):
            merged["settings"].pop("secrets")
            merged["secrets"] = {**nested, **merged["secrets"]}
    if isinstance(merged["secrets"], dict):
        merged["secrets"] = _changed(character.secrets, merged["secrets"])
    return merged


def timeout_overrides(settings: Mapping[str, Any]) -> TimeoutOverrides:
    """What an agent's settings ask of its sessions: numbers or numeric strings (minutes), yes or no in many forms."""
    return TimeoutOverrides(
        timeout=_minutes(settings.get("SESSION_TIMEOUT_MINUTES")),
        auto_renew=_yes_or_no(settings.get("SESSION_AUTO_RENEW")),
        max_duration=_minutes(settings.get("SESSION_MAX_DURATION_MINUTES")),
        warning_threshold=_minutes(settings.get("SESSION_WARNING_THRESHOLD_MINUTES")),
    )


def system_prompt(character: Character) -> str:
    """What a model is told of who it is: the same character always gives the same text."""
    document = character.document
    style = document.get("style", {})
    sections = (
        character.system or f"You are {character.name}.",
        _listed(f"About {character.name}:", character.bio),
        _in_a_row("Topics you know well:", document.get("topics", ())),
        _in_a_row("You are:", document.get("adjectives", ())),
        _listed("How you write:", (*style.get("all", ()), *style.get("chat", ()))),
        _examples(character.name, document.get("messageExamples", ())),
    )
    return "\n\n".join(section for section in sections if section)


def _changed(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**before, **changes}.items() if value is not None}


# ------------------------------------------------------------------------------------------------------------- checking


def _checked(document: object) -> Mapping[str, Any]:
    """The members that were given (null counts as not given), each of the right shape."""
    if not isinstance(document, dict):
        raise InvalidInput("character", "must be an object")
    for key in document:
        if key not in _RULES:
            raise InvalidInput(str(key), "is not a member of a character; known are " + ", ".join(_RULES))
    given = {key: value for key, value in document.items() if value is not None}
    for key in ("name", "bio"):
        if key not in given:
            raise InvalidInput(key, "is required")
    for key, value in given.items():
        if not _RULES[key][0](value):
            raise InvalidInput(key, f"must be {_RULES[key][1]}")
    return given


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_settings(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("secrets", {}), dict)


def _is_style(value: object) -> bool:
    return isinstance(value, dict) and {"all", "chat", "post"} >= value.keys() and all(map(_is_texts, value.values()))


def _are_examples(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(talk, list) and all(map(_is_line, talk)) for talk in value)


def _is_line(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("content"), dict)


def _is_knowledge(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_source, value))


def _is_source(value: object) -> bool:
    if not isinstance(value, dict):
        return isinstance(value, str)
    place = value.keys() - {"shared"}
    return place in ({"path"}, {"directory"}) and all(isinstance(value[key], str) for key in place)


_TEXT = (_is_text, "a string")
_TEXTS = (_is_texts, "a list of strings")

_RULES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "id": (lambda value: isinstance(value, str) and bool(UUID_SHAPE.fullmatch(value)), "a UUID"),
    "name": (lambda value: isinstance(value, str) and bool(value.strip()), "a string that is not blank"),
    "username": _TEXT,
    "system": _TEXT,
    "bio": (lambda value: _is_text(value) or _is_texts(value), "a string or a list of strings"),
    "templates": (_is_object, "an object"),
    "messageExamples": (_are_examples, "a list of conversations, each a list of {name, content: {...}}"),
    "postExamples": _TEXTS,
    "topics": _TEXTS,
    "adjectives": _TEXTS,
    "knowledge": (_is_knowledge, "a list of strings, {path, shared?} or {directory, shared?}"),
    "plugins": _TEXTS,
    "settings": (_is_settings, "an object, and so its 'secrets'"),
    "secrets": (_is_object, "an object"),
    "style": (_is_style, "an object of lists of strings named all, chat or post"),
}
"""The members of elizaOS's character form (its strict schema, version 1.7.2), each with its test and its rule."""


# ------------------------------------------------------------------------------------------------------------- settings


def _minutes(value: object) -> timedelta | Unusable | None:
    """A span from a number of minutes, to the millisecond, within a century either way."""
    if value is None:
        return None
    number = _number(value)
    if number is None:
        return Unusable.VALUE
    furthest = LONGEST / timedelta(minutes=1)
    milliseconds = round(min(max(number, -furthest), furthest) * MILLISECONDS_PER_MINUTE)
    return timedelta(milliseconds=milliseconds)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and "_" in value:
        return None  # Python would read 1_000 as a number, people who write settings would not
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


_SPOKEN = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _yes_or_no(value: object) -> bool | Unusable | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        return _SPOKEN.get(str(value).strip().lower(), Unusable.VALUE)
    return Unusable.VALUE


# --------------------------------------------------------------------------------------------------------------- prompt


def _lines(bio: str | Sequence[str]) -> tuple[str, ...]:
    return (bio,) if isinstance(bio, str) else tuple(bio)


def _listed(heading: str, items: Sequence[str]) -> str:
    lines = [item.strip() for item in items if item.strip()]
    return "\n".join((heading, *(f"- {line}" for line in lines))) if lines else ""


def _in_a_row(heading: str, items: Sequence[str]) -> str:
    words = [item.strip() for item in items if item.strip()]
    return f"{heading} {', '.join(words)}." if words else ""


def _examples(name: str, talks: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    shown = ["\n".join(_spoken(name, talk)) for talk in talks]
    shown = [talk for talk in shown if talk]
    return "\n\n".join((f"How {name} talks, by example:", *shown)) if shown else ""


def _spoken(name: str, talk: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for line in talk:
        if text := line["content"].get("text"):
            yield f"{_person(line['name'], name)}: {_person(str(text), name)}"


def _person(text: str, name: str) -> str:
    """The text with elizaOS's stand-ins filled in."""
    filled = text.replace("{{agentName}}", name).replace("{{char}}", name)
    return PLACEHOLDER.sub(lambda found: f"User {found[1]}" if found[1] not in ("", "1") else "User", filled)
