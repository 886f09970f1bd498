"""Revoke an API key: it opens nothing any more, and running servers close its sockets."""

import argparse
import asyncio
import sys
from uuid import UUID

from app.building import built
from app.settings import Settings
from services.actors import SYSTEM
from services.partners.revoke_api_key import revoke_api_key
from services.refusals import Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("id", type=UUID, help="the key's id, as `list-api-keys` shows it")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Revoke the key."""
    return asyncio.run(_revoke(settings, options.id))


async def _revoke(settings: Settings, key_id: UUID) -> int:
    async with built(settings) as building:
        key = str(building.house.new_id())
        try:
            await revoke_api_key(building.house, SYSTEM, key, key_id, "by the command line")
        except Refused:
            print(f"there is no API key {key_id}", file=sys.stderr)
            return 1
    print(f"revoked {key_id}")
    return 0
