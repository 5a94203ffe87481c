"""A process to be killed while it processes a conversation: ``python -m tests.services.processing_victim <folder>``.

It tells the session's id when the extraction has begun, and never ends by itself.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent_sessions.testing import FakeClock
from tests.services.remembering import ANN, remembering
from tests.services.scripted_backend import ScriptedBackend

if TYPE_CHECKING:
    from agent_sessions.ports import ConversationToRemember


async def tell_and_wait(conversation: ConversationToRemember) -> None:
    sys.stdout.write(f"{conversation.session_id}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def main(folder: str) -> None:
    async with remembering(Path(folder), FakeClock(), backend=ScriptedBackend(meanwhile=tell_and_wait)) as memory:
        session = await memory.session(ANN, "U: I live in Porto", "A: Nice!", "U: I have a dog called Bruno")
        await memory.process(session)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
