"""Files that people and agents share in channels: taken in, kept in a folder, and given out again.

A file goes by a random name that nobody can guess, as whoever holds a link may open it, browsers included. What could
run in a browser is not taken, and whatever is no picture, sound or film is given out to be saved, not shown.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from .agents import agent_in_path
from .channels import channel_id
from .envelope import enveloped, not_found
from .errors import ErrorStyle, Refused, invalid
from .uploaded import AGENTS, CHANNELS, EXTENSIONS, SHOWN, TYPES
from .wire import Route, Wire

if TYPE_CHECKING:
    from pathlib import Path

    from ..bodies import Body
    from ..middleware import Answer

LONGEST_NAME = 200

_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.([a-z0-9]{2,5})")
_OWNER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[^\w.() -]")


async def upload_for_agent(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Take a file in for an agent."""
    return await _taken(wire, request, kind=AGENTS, owner=agent_in_path(wire, request).id)


async def upload_for_channel(wire: Wire, request: web.Request, _body: Body) -> Answer:
    """Take a file in for a channel."""
    channel = await wire.services.channels.get(channel_id(request))
    return await _taken(wire, request, kind=CHANNELS, owner=channel.id)


async def give(wire: Wire, request: web.Request, _body: Body) -> web.StreamResponse:
    """A file, whole or in part."""
    kind, owner, name = (request.match_info[part] for part in ("kind", "owner", "name"))
    known = _NAME.fullmatch(name)
    if kind not in (AGENTS, CHANNELS) or not _OWNER.fullmatch(owner) or known is None or known[1] not in TYPES:
        raise not_found("File")
    path = wire.options.uploads / kind / owner.lower() / name
    if not await asyncio.to_thread(path.is_file):
        raise not_found("File")
    content_type = TYPES[known[1]]
    shown = "inline" if content_type.startswith(SHOWN) else "attachment"
    headers = {
        hdrs.CONTENT_TYPE: content_type,
        hdrs.CONTENT_DISPOSITION: f'{shown}; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable",
    }
    return web.FileResponse(path, headers=wire.stamp.headers(request, headers))


async def _taken(wire: Wire, request: web.Request, *, kind: str, owner: str) -> Answer:
    part = await _file_of(request)
    content_type = part.headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower()
    if content_type not in EXTENSIONS:
        raise Refused(400, "INVALID_FILE_TYPE", message=f"Invalid file type; taken are: {', '.join(EXTENSIONS)}")
    name = f"{uuid4()}.{EXTENSIONS[content_type]}"
    folder = wire.options.uploads / kind / owner.lower()
    size = await _written(part, folder / name, limit=wire.options.upload_limit)
    told = {
        "url": f"{MEDIA}/{kind}/{owner.lower()}/{name}",
        "type": content_type,
        "filename": name,
        "originalName": _NOT_IN_NAMES.sub("_", part.filename or "")[:LONGEST_NAME] or name,
        "size": size,
    }
    return enveloped(told)


async def _file_of(request: web.Request) -> BodyPartReader:
    """The part of the form that is the file. Raises Refused."""
    if request.content_type != "multipart/form-data":
        raise invalid("A multipart form with a part 'file' is needed")
    try:
        parts = await request.multipart()
        while (part := await parts.next()) is not None:
            if isinstance(part, BodyPartReader) and part.name == "file" and part.filename is not None:
                return part
    except (ValueError, HttpProcessingError, AssertionError):
        raise invalid("The multipart form could not be read") from None
    raise Refused(400, "NO_FILE", message="No file provided")


async def _written(part: BodyPartReader, path: Path, *, limit: int) -> int:
    """Keep the part in this file, whole or not at all; its size in bytes. Raises Refused beyond the limit."""
    beginning = path.with_suffix(".part")
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    size = 0
    try:
        with await asyncio.to_thread(beginning.open, "xb") as file:
            while chunk := await part.read_chunk(64 * 1024):
                size += len(chunk)
                if size > limit:
                    raise Refused(413, "FILE_TOO_LARGE", message=f"The file is larger than {limit} bytes")
                await asyncio.to_thread(file.write, chunk)
        if not size:
            raise Refused(400, "NO_FILE", message="The file is empty")
        await asyncio.to_thread(beginning.rename, path)
    finally:
        with suppress(FileNotFoundError):
            await asyncio.to_thread(beginning.unlink)
    return size


MEDIA = "/media/uploads"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/api/media/agents/{agent_id}/upload-media", upload_for_agent, ErrorStyle.ENVELOPE),
    Route("POST", "/api/messaging/channels/{channel_id}/upload-media", upload_for_channel, ErrorStyle.TEXT),
    Route("POST", "/api/messaging/central-channels/{channel_id}/upload-media", upload_for_channel, ErrorStyle.TEXT),
    Route("GET", f"{MEDIA}/{{kind}}/{{owner}}/{{name}}", give, ErrorStyle.ENVELOPE, open=True),
)
