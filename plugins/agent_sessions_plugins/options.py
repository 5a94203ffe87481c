"""Reading the options of an agent, so that a mistake names the agent, the option and the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from agent_sessions.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from agent_sessions.domain.agent import Character

M = TypeVar("M", bound="Options")


class Options(BaseModel):
    """The options of one kind of agent; an unknown one is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def read_options(model: type[M], options: Mapping[str, Any], *, character: Character) -> M:
    """The options, checked. Raises ConfigError that names every mistake and no value."""
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        mistakes = "; ".join(_told(problem["loc"], problem["msg"]) for problem in error.errors(include_url=False))
        raise ConfigError(f"agent '{character.name}': {mistakes}") from error


def _told(place: tuple[int | str, ...], rule: str) -> str:
    where = ".".join(map(str, place))
    told = _IN_OUR_WORDS.get(rule) or rule.removeprefix("Value error, ").removeprefix("Input ")
    return f"option '{where}': {told}" if where else f"options: {told}"


_IN_OUR_WORDS = {"Extra inputs are not permitted": "is not an option of this kind", "Field required": "is required"}
