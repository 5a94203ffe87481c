"""The console's files, read once and ready to be sent. Knows nothing of requests."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).parent / "static"
PAGE = "index.html"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""By the end of a file's name; a file of any other kind is a mistake of ours."""


@dataclass(frozen=True, slots=True)
class File:
    """What a browser is sent. ``etag``: changes whenever the content does, in quotes as headers have it."""

    content: bytes
    zipped: bytes
    type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, ending: str) -> File:
        """What a file with this content and this end of its name is sent as."""
        return cls(
            content=content,
            zipped=gzip.compress(content, mtime=0),
            type=_TYPES[ending],
            etag=f'"{sha256(content).hexdigest()[:20]}"',
        )


def all_files(folder: Path = STATIC) -> dict[str, File]:
    """Every file below the folder, by its path with forward slashes."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): File.of(path.read_bytes(), path.suffix) for path in found}
