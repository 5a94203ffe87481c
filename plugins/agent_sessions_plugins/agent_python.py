"""The agent kind ``python``: a callable of yours answers.

It is given the Context and may be an async generator, an async function, a generator or a plain function. It yields or
returns texts, reply parts, mappings in the form of :mod:`.reply_form`, or None for no answer. What is not async runs
in a thread, so that it may take its time. What it raises is logged and ends the reply.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from pydantic import field_validator

from agent_sessions.domain.errors import ConfigError

from .options import Options, read_options
from .reply_form import reply_part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent_sessions.domain.agent import Character, Context, ReplyPart

DONE = object()
_PATH = re.compile(r"[\w.]+:[\w.]+")


class PythonOptions(Options):
    """``callable`` is written ``package.module:function``."""

    callable: str

    @field_validator("callable")
    @classmethod
    def _names_something(cls, value: str) -> str:
        if not _PATH.fullmatch(value):
            raise ValueError("must be written package.module:function")
        return value


class PythonAgent:
    """Answers with what a callable returns or yields."""

    def __init__(self, answer: Callable[[Context], Any]) -> None:
        self._answer = answer
        self._is_async = _is_async(answer)

    async def reply(self, context: Context) -> AsyncGenerator[ReplyPart]:
        """The parts the callable gives. Raises what it raises, or ValueError for something that is no part."""
        answer = await self._called(context)
        if isinstance(answer, Iterator):
            answer = _in_thread(answer)
        if isinstance(answer, AsyncGenerator):
            async with aclosing(answer):
                async for form in answer:
                    yield reply_part(form)
        elif isinstance(answer, AsyncIterator):
            async for form in answer:
                yield reply_part(form)
        else:
            yield reply_part(answer)

    async def close(self) -> None:
        """Nothing is held."""

    async def _called(self, context: Context) -> Any:
        answer = self._answer(context) if self._is_async else await asyncio.to_thread(self._answer, context)
        return await answer if inspect.isawaitable(answer) else answer


def create(character: Character, options: Mapping[str, Any]) -> PythonAgent:
    """An agent of this kind. Raises ConfigError when the callable cannot be found."""
    path = read_options(PythonOptions, options, character=character).callable
    return PythonAgent(_found(path, f"agent '{character.name}': option 'callable': {path}"))


def _found(path: str, place: str) -> Callable[[Context], Any]:
    module, _, name = path.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, SyntaxError) as error:
        raise ConfigError(f"{place} cannot be imported: {error}") from error
    if not callable(found):
        raise ConfigError(f"{place} is not callable")
    return found  # type: ignore[no-any-return]  # whether it takes a Context shows when it is called


def _is_async(answer: Callable[[Context], Any]) -> bool:
    """Whether calling it gives something to await or to iterate, be it a function or an object with ``__call__``."""
    forms = (answer, inspect.getattr_static(type(answer), "__call__", None))
    return any(inspect.iscoroutinefunction(form) or inspect.isasyncgenfunction(form) for form in forms)


async def _in_thread(answers: Iterator[Any]) -> AsyncGenerator[Any]:
    """The answers of an iterator that may block."""
    while (answer := await asyncio.to_thread(next, answers, DONE)) is not DONE:
        yield answer
