"""What every store promises, as tests: subclass :class:`StoreContract` and say how a store is made.

Runs under pytest with pytest-asyncio in ``auto`` mode::

    class TestMyStore(StoreContract):
        async def make_store(self, clock):
            return MyStore(clock=clock)
"""

from __future__ import annotations

from .store_channels import ChannelPromises
from .store_lists import ListPromises
from .store_logs import LogPromises
from .store_records import RecordPromises
from .store_sessions import SessionPromises
from .store_webhooks import WebhookPromises
from .store_writes import WritePromises

__all__ = ["StoreContract"]


class StoreContract(
    SessionPromises, WritePromises, LogPromises, ListPromises, RecordPromises, ChannelPromises, WebhookPromises
):
    """The promises of :class:`agent_sessions.ports.Store`.

    ``make_store`` returns a store that is not open. Within one test every call means the same database, empty at first;
    a store is closed before the next one is made.
    """
