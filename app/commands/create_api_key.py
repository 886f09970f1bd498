"""Make an API key for a partner and show it, this once.

For a partner that has lost its keys: revoke the lost one with `revoke-api-key` afterwards.
"""

import argparse
import asyncio
import sys
from datetime import timedelta
from uuid import UUID

from app.building import built
from app.commands.of_partner import NoSuchPartner, find_partner
from app.settings import Settings
from graphql_schema.messages import REFUSALS
from models.kinds import SCOPES, ApiKeyScope, PartnerKind
from resolvers.bounds import API_KEY_NAME_MAX
from services.actors import SYSTEM
from services.partners.create_api_key import CreateApiKey, create_api_key
from services.refusals import Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("partner", help="the partner's name or id")
    parser.add_argument("name", type=_name, help="what the key shall be called")
    parser.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        type=_scope,
        metavar="SCOPE",
        help=f"what it may do: {', '.join(map(_spelt, ApiKeyScope))}; may be repeated "
        "(all that the partner may, when left out)",
    )
    parser.add_argument(
        "--days", type=int, default=365, help="after how many days it expires (%(default)s)"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Make the key; print its id and itself."""
    return asyncio.run(
        _create(settings, options.partner, options.name, options.scopes, options.days)
    )


async def _create(
    settings: Settings, partner: str, name: str, scopes: list[ApiKeyScope] | None, days: int
) -> int:
    async with built(settings) as building:
        house = building.house
        try:
            row = await find_partner(partner)
            request = CreateApiKey(
                key=str(house.new_id()),
                name=name,
                scopes=frozenset(scopes or SCOPES[PartnerKind(row.kind)]),
                expires_at=house.clock() + timedelta(days=days),
                partner_id=UUID(str(row.id)),
                reason="by the command line",
            )
            made = await create_api_key(house, SYSTEM, request)
        except NoSuchPartner as error:
            print(f"not made: {error}", file=sys.stderr)
            return 1
        except (OverflowError, ValueError):
            print("not made: there is no such day", file=sys.stderr)
            return 1
        except Refused as refused:
            print(f"not made: {REFUSALS[refused.refusal.code].say('en', {})}", file=sys.stderr)
            return 1
    print(f"id: {made.answered.body['api_key']['id']}\napi-key: {made.secret}")
    return 0


def _name(text: str) -> str:
    if not text.strip() or len(text) > API_KEY_NAME_MAX or not text.isprintable():
        raise argparse.ArgumentTypeError(f"1 to {API_KEY_NAME_MAX} printable characters")
    return text


def _scope(text: str) -> ApiKeyScope:
    try:
        return ApiKeyScope(text.upper().replace("-", "_"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no scope") from None


def _spelt(scope: ApiKeyScope) -> str:
    return scope.lower().replace("_", "-")
