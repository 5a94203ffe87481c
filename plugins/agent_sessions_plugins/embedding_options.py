"""Reading the options of an embedder, so that a mistake names the option and the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from agent_sessions.domain.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

M = TypeVar("M", bound=BaseModel)


def checked(model: type[M], options: Mapping[str, Any]) -> M:
    """The options. Raises ConfigError that names the first mistake and no value."""
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise ConfigError(f"option '{where}': {problem['msg']}") from error
