"""Bring the database's tables up to date."""

import argparse
import asyncio

from app.database import migrate
from app.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no options."""
    del parser


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Migrate."""
    del options
    if settings.sqlite_path is not None:
        settings.sqlite_path.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(migrate(settings.database_url))
    return 0
