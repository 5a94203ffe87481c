from typing import Any

class AsyncSocket:
    sid: str
    queue: Any
    upgraded: bool
    closed: bool
    closing: bool
    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None: ...
