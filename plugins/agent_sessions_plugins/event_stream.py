"""Reading server-sent events from bytes, as the HTML standard writes them (section 9.2.6), within a limit of size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable


class TooMuch(ValueError):
    """The stream is longer than allowed."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event: its name ("message" unless said) and its data lines, joined."""

    name: str
    content: str


async def events_of(stream: AsyncIterable[bytes], *, most_bytes: int) -> AsyncGenerator[StreamEvent]:
    """The events, each when it is complete. Raises TooMuch, UnicodeDecodeError."""
    name, lines = "", list[str]()
    async for line in _lines(stream, most_bytes=most_bytes):
        if not line:
            if lines:
                yield StreamEvent(name or "message", "\n".join(lines))
            name, lines = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            lines.append(value)
        elif field == "event":
            name = value


async def _lines(stream: AsyncIterable[bytes], *, most_bytes: int) -> AsyncGenerator[str]:
    """The lines of the stream; it ends them with LF or CR LF."""
    rest, seen = b"", 0
    async for chunk in stream:
        seen += len(chunk)
        if seen > most_bytes:
            raise TooMuch
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode()
