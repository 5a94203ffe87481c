"""Settings as people read them: a table of values and origins, and the commented sample file."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .declare import settings_of
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .agents import AgentEntry
    from .declare import Setting
    from .load import Loaded

HIDDEN = "***"
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@]*:)[^/]*(?=@)|([?&][^=&]*password=)[^&]*", re.IGNORECASE)

INTRODUCTION = """\
Settings of the agent-sessions server. Each stands here with its default, so a file that is missing, empty or partial
means the same. Stronger than this file: the environment variable named beside each setting, then the command line.
`agent-sessions config show` tells every value and where it came from; `config check` tells mistakes."""

OTHER_AGENTS = """\
  # Other ways to answer:
  # - {name: Echo, kind: echo, settings: {SESSION_TIMEOUT_MINUTES: "60"}}
  # - name: Ada
  #   kind: openai                      # any OpenAI-compatible endpoint: OpenAI, Ollama, vLLM ...
  #   bio: Ada explains things in few words.
  #   system: You are Ada, a patient teacher.
  #   options: {base_url: http://localhost:11434/v1, model: llama3.2}
  # - {name: Hook, kind: webhook, options: {url: "http://localhost:8080/reply"}}
  # - {name: Mine, kind: python, options: {callable: "my_package.my_module:reply"}}
  # - {character: characters/eliza.json, kind: openai, options: {model: gpt-4o-mini}}  # an elizaOS character file
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting for the table of ``config show``."""

    path: str
    value: str
    origin: str


def rows(loaded: Loaded) -> Iterator[Row]:
    """Every setting with its value (secrets hidden) and its origin, agents by name and kind."""
    for setting in settings_of(Settings):
        value = attrgetter(setting.path)(loaded.settings)
        shown = _agents(value) if setting.path == "agents" else _shown(setting, value)
        yield Row(setting.path, shown, loaded.origin(setting.path))


def hide_password(url: str) -> str:
    """A URL without the passwords in it."""
    return _PASSWORD_IN_URL.sub(lambda match: f"{match[1] or match[2]}{HIDDEN}", url)


def sample() -> str:
    """The sample configuration file: every setting with its default, meaning, unit and environment variable."""
    parts = [_comment(INTRODUCTION)]
    section = ""
    for setting in settings_of(Settings):
        group, _, name = setting.path.rpartition(".")
        if group != section:
            about = type(getattr(Settings(), group)).__doc__ if group else None
            parts += ["", *([_comment(about)] if about else []), *([f"{group}:"] if group else [])]
            section = group
        indent = "  " if group else ""
        parts.append(textwrap.indent(_comment(setting.description, width=116), indent))
        parts.append(f"{indent}{name}:{_default(setting)}  # {_marks(setting)}")
    (agent,) = Settings().agents
    return "\n".join(parts) + f"\n  - {{name: {agent.name}, kind: {agent.kind}}}\n{OTHER_AGENTS}"


def _shown(setting: Setting, value: Any) -> str:
    if setting.declaration.secret and isinstance(value, str):
        return hide_password(value) if "://" in value or value.startswith("sqlite:") else HIDDEN
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return json.dumps(value) if isinstance(value, bool) or value is None else str(value)


def _agents(entries: tuple[AgentEntry, ...]) -> str:
    return ", ".join(f"{entry.name} ({entry.kind})" for entry in entries) or "none"


def _default(setting: Setting) -> str:
    if setting.path == "agents":
        return ""
    if isinstance(setting.default, tuple):
        return f" [{', '.join(setting.default)}]"
    return f" {setting.default}" if isinstance(setting.default, str) else f" {json.dumps(setting.default)}"


def _marks(setting: Setting) -> str:
    unit = f"{setting.declaration.unit}; " if setting.declaration.unit else ""
    return f"{unit}{' or '.join(setting.declaration.env)}"


def _comment(text: str, width: int = 118) -> str:
    return "\n".join(f"# {line}" for line in textwrap.wrap(" ".join(text.split()), width=width))
