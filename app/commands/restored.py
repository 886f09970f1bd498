"""Say that the database was restored from a backup, before anything serves it.

Subscribers may have seen events that the backup does not hold. From here on events get positions
beyond any that anybody can have seen, so that whoever comes back with `after:` misses none.
"""

import argparse
import asyncio
import contextlib
import sys

from app.database import connected, require_migrated
from app.file_lock import AlreadyServed, only_server_of
from app.settings import Settings
from services.actors import SYSTEM
from services.notifications.leap import leap


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no options."""
    del parser


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Leap; print where events begin now."""
    del options
    with contextlib.ExitStack() as stack:
        try:
            if settings.sqlite_path is not None:
                stack.enter_context(only_server_of(settings.sqlite_path))
        except AlreadyServed as error:
            print(f"not while it is served: {error}", file=sys.stderr)
            return 1
        position = asyncio.run(_leap(settings))
    print(f"events go on above position {position:,}")
    return 0


async def _leap(settings: Settings) -> int:
    async with connected(settings.database_url):
        await require_migrated()
        return await leap(SYSTEM)
