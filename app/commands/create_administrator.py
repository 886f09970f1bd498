"""Invite somebody who may do everything, and show their one-time code, this once.

With the code they set their first password (`acceptInvitation`), within three days. When somebody
is active already who may manage the staff, they can invite others; to make another one all the
same, say so.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

from graphql import GraphQLError

from app.building import built
from app.settings import Settings
from graphql_schema.messages import REFUSALS
from graphql_schema.reading import Reading
from resolvers.bounds import STAFF_NAME_MAX
from services.house import House
from services.refusals import Refused
from services.staff.create_administrator import AdministeredAlreadyError, create_administrator
from services.staff.invite import Invited


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_person(parser)
    parser.add_argument(
        "--another", action="store_true", help="even when there is an active administrator"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Invite them; print their id and code."""

    async def make(house: House) -> Invited:
        return await create_administrator(
            house, options.name, options.email, another=options.another
        )

    try:
        return asyncio.run(invite(settings, make))
    except AdministeredAlreadyError:
        print(
            "not created: there is an active administrator, who can invite others; "
            "to make another one all the same, add --another",
            file=sys.stderr,
        )
        return 1


def add_person(parser: argparse.ArgumentParser) -> None:
    """Declare who is invited."""
    reading = Reading("en")
    parser.add_argument("email", type=_read(reading.email), help="their e-mail address")
    parser.add_argument(
        "name",
        type=_read(lambda text: reading.text(text, "name", STAFF_NAME_MAX)),
        help="their name",
    )


async def invite(settings: Settings, make: Callable[[House], Awaitable[Invited]]) -> int:
    """Have somebody invited; print their id and code."""
    async with built(settings) as building:
        try:
            invited = await make(building.house)
        except Refused as refused:
            print(f"not created: {REFUSALS[refused.refusal.code].say('en', {})}", file=sys.stderr)
            return 1
    print(f"id: {invited.answered.body['member']['id']}\none-time-code: {invited.code}")
    return 0


def _read(read: Callable[[str], str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        try:
            return read(text)
        except GraphQLError as error:
            raise argparse.ArgumentTypeError(error.message) from None

    return checked
