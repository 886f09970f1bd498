"""List a partner's API keys, the newest first: none of them can be shown again."""

import argparse
import asyncio
import sys

from app.building import built
from app.commands.of_partner import NoSuchPartner, find_partner
from app.settings import Settings
from models import ApiKey
from services.clock import utc_now


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("partner", help="the partner's name or id")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print a line for each key."""
    return asyncio.run(_list(settings, options.partner))


async def _list(settings: Settings, partner: str) -> int:
    async with built(settings):
        try:
            found = await find_partner(partner)
        except NoSuchPartner as error:
            print(error, file=sys.stderr)
            return 1
        keys = await ApiKey.filter(partner_id=found.id).order_by("-id")
    for key in keys:
        used = "never used" if key.last_used_at is None else f"used {key.last_used_at:%Y-%m-%d}"
        print(f"{key.id}  {key.prefix}…  {_state(key)}  {used}  {key.name!r}  {key.scopes}")
    return 0


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    word = "expired" if key.expires_at <= utc_now() else "good until"
    return f"{word} {key.expires_at:%Y-%m-%d}"
