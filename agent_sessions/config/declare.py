"""How a setting is declared: one call says its default, meaning, unit, rule and environment names.

The sample config.yaml, the settings page of the docs, ``config show`` and the reading of the environment all follow
from these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Read = Callable[[str], object]
"""From the text of an environment variable to a value for the setting. Raises ValueError with the rule it breaks."""


class Section(BaseModel):
    """A group of settings. Unknown keys are refused; values never change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What is known of one setting besides its type.

    ``env``: environment variables that hold it, the first that is set wins. ``unit``: what a number counts, empty for
    none. ``secret``: never shown. ``nested``: its value holds values of its own and is YAML in the environment, too.
    ``read``: how its text in the environment is understood otherwise, None: as it is.
    """

    env: tuple[str, ...]
    unit: str = ""
    secret: bool = False
    nested: bool = False
    read: Read | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with its place, like ``server.port``."""

    path: str
    field: FieldInfo
    declaration: Declaration

    @property
    def default(self) -> object:
        """What holds when nobody says otherwise."""
        return self.field.get_default(call_default_factory=True)

    @property
    def description(self) -> str:
        """What it is for, in one sentence."""
        return self.field.description or ""


def setting(
    default: object,
    description: str,
    *,
    env: str | tuple[str, ...],
    unit: str = "",
    secret: bool = False,
    nested: bool = False,
    read: Read | None = None,
    at_least: int | None = None,
    at_most: int | None = None,
) -> Any:
    """Declare a setting as a field of a :class:`Section`."""
    names = (env,) if isinstance(env, str) else env
    declaration = Declaration(env=names, unit=unit, secret=secret, nested=nested, read=read)
    return Field(
        default,
        description=description,
        validate_default=True,
        ge=at_least,
        le=at_most,
        json_schema_extra={"declaration": cast("str", declaration)},  # carried along, never rendered as JSON schema
    )


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[Setting]:
    """Every setting of the model and its sections, in the order of declaration."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(field.json_schema_extra, dict):
            yield Setting(prefix + name, field, cast("Declaration", field.json_schema_extra["declaration"]))
        elif isinstance(kind, type) and issubclass(kind, Section):
            yield from settings_of(kind, f"{prefix}{name}.")
