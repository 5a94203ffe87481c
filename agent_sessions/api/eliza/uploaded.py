"""The folder of shared files: which types are kept there, by which endings, and how a channel's files go with it."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/ogg": "ogg",
    "audio/webm": "weba",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "text/plain": "txt",
}
"""The types that are taken, and by which ending a file of each is kept."""
TYPES = {extension: kind for kind, extension in reversed(EXTENSIONS.items())}
SHOWN = ("image/", "audio/", "video/")
"""The beginnings of types that browsers may show in place."""

AGENTS, CHANNELS = "agents", "channels"


async def forget(folder: Path, channel_id: str) -> None:
    """Let go of all files of a channel."""
    await asyncio.to_thread(shutil.rmtree, folder / CHANNELS / channel_id.lower(), ignore_errors=True)
