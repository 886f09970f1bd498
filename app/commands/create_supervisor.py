"""Invite a supervisor, who reads and changes nothing, and show their one-time code, this once.

With the code they set their first password (`acceptInvitation`), within three days.
"""

import argparse
import asyncio

from app.commands.create_administrator import add_person, invite
from app.settings import Settings
from services.house import House
from services.staff.create_administrator import create_supervisor
from services.staff.invite import Invited


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_person(parser)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Invite them; print their id and code."""

    async def make(house: House) -> Invited:
        return await create_supervisor(house, options.name, options.email)

    return asyncio.run(invite(settings, make))
