"""Settings as people read them: a table of values and origins, and the commented sample file."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .declare import settings_of
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .agents import AgentEntry
    from .declare import Setting
    from .load import Loaded
    from .memory import ProjectEntry
    from .webhooks import WebhookEntry

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
  # - {name: Forgetful, kind: echo, memory: {backend: none}}  # what differs from memory: above
"""

WEBHOOKS = """\
  # - {name: crm, url: "https://example.org/hooks", secrets: [CRM_WEBHOOK_SECRET], events: [session.ended]}
"""

PROJECTS = """\
  # - {id: shop, keys_env: [SHOP_MEMORY_KEY], merge_conflicts: true, categories: [orders, taste]}
  # - {id: default, keys: [rai_a-long-random-text]}  # the users of the agents
"""


REFERENCE_INTRODUCTION = """\
Every setting, as it is written in `config.yaml` (`a.b` is `b:` below `a:`). Stronger than the file are the environment
variables, the first that is set, and the options of the command line. How to use them is told in
[Configure](../how-to/configure.md); what agents may hold, there and in [Agents](agents-api.md)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting for the table of ``config show``."""

    path: str
    value: str
    origin: str


def rows(loaded: Loaded) -> Iterator[Row]:
    """Every setting with its value (secrets hidden) and its origin; agents by name and kind, projects by id."""
    for setting in settings_of(Settings):
        value = attrgetter(setting.path)(loaded.settings)
        show = _IN_SHORT.get(setting.path)
        yield Row(setting.path, show(value) if show else _shown(setting, value), loaded.origin(setting.path))


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
        if setting.path in _EXAMPLES:
            parts.append(_EXAMPLES[setting.path])
    (agent,) = Settings().agents
    return "\n".join(parts) + f"\n  - {{name: {agent.name}, kind: {agent.kind}}}\n{OTHER_AGENTS}"


def reference() -> str:
    """The page of the docs that tells every setting."""
    parts = ["# Settings", REFERENCE_INTRODUCTION]
    for group, settings in groupby(settings_of(Settings), key=lambda setting: setting.path.rpartition(".")[0]):
        about = type(getattr(Settings(), group)).__doc__ if group else None
        table = [
            "| setting | default | unit | environment | |",
            "|---|---|---|---|---|",
            *map(_reference_row, settings),
        ]
        parts += [f"## {group or 'agents, projects and webhooks'}", *([about] if about else []), "\n".join(table)]
    return "\n\n".join(parts) + "\n"


def _reference_row(setting: Setting) -> str:
    default = "Companion, of kind companion" if setting.path == "agents" else f"`{_default(setting).strip()}`"
    names = ", ".join(f"`{name}`" for name in setting.declaration.env)
    return f"| `{setting.path}` | {default} | {setting.declaration.unit} | {names} | {setting.description} |"


def _shown(setting: Setting, value: Any) -> str:
    if setting.declaration.secret and isinstance(value, str):
        return hide_password(value) if "://" in value or value.startswith("sqlite:") else HIDDEN
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return json.dumps(value) if isinstance(value, bool) or value is None else str(value)


def _agents(entries: tuple[AgentEntry, ...]) -> str:
    return ", ".join(f"{entry.name} ({entry.kind})" for entry in entries) or "none"


def _projects(entries: tuple[ProjectEntry, ...]) -> str:
    return ", ".join(entry.id for entry in entries) or "none"


def _webhooks(entries: tuple[WebhookEntry, ...]) -> str:
    return ", ".join(entry.name for entry in entries) or "none"


def _options(options: Mapping[str, Any]) -> str:
    """Their names; values may be secrets."""
    return ", ".join(options) or "none"


_EXAMPLES = {"projects": PROJECTS, "webhooks": WEBHOOKS}

_IN_SHORT: dict[str, Callable[[Any], str]] = {
    "agents": _agents,
    "projects": _projects,
    "webhooks": _webhooks,
    "memory.options": _options,
    "memory.embedding_options": _options,
}


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
