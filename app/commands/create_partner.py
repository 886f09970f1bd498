"""Make a partner and show its API key, this once.

A running server need not stop. The kind decides what the partner may do: a sales platform sells
tickets, a lottery centre runs draws.
"""

import argparse
import asyncio
import sys

from app.building import built
from app.settings import Settings
from models.currencies import DECIMALS
from models.kinds import PartnerKind
from services.partners.create_partner import PartnerNameTakenError, create_partner


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = [kind.lower().replace("_", "-") for kind in PartnerKind]
    parser.add_argument("kind", choices=kinds, help="what the partner is")
    parser.add_argument("name", help="its name, which no other partner has")
    parser.add_argument(
        "--currency", choices=sorted(DECIMALS), default="CNY", help="of its wallet (%(default)s)"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Make the partner; print its id and key."""
    kind = PartnerKind(options.kind.upper().replace("-", "_"))
    return asyncio.run(_create(settings, kind, options.name, options.currency))


async def _create(settings: Settings, kind: PartnerKind, name: str, currency: str) -> int:
    async with built(settings) as building:
        try:
            partner, api_key = await create_partner(building.house, kind, name, currency)
        except PartnerNameTakenError:
            print(f"not created: there is a partner named {name!r} already", file=sys.stderr)
            return 1
        except ValueError as error:
            print(f"not created: {error}", file=sys.stderr)
            return 1
    print(f"id: {partner['id']}\napi-key: {api_key}")
    return 0
