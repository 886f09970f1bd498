"""Recompute every balance from the ledger's lines, and name each difference.

It reads one moment of the database while servers go on writing. The exit code is 1 when the books
do not agree.
"""

import argparse
import asyncio

from app.database import connected, require_migrated
from app.settings import Settings
from app.terminal import Progress
from services.actors import SYSTEM
from services.ledger.check import LedgerReport, check_ledger


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no options."""
    del parser


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Check; print what was read and found."""
    del options
    report = asyncio.run(_check(settings))
    print(
        f"read: {report.wallets:,} wallets, {report.entries:,} entries, {report.lines:,} lines, "
        f"{report.holds:,} holds, {report.transactions:,} transactions"
    )
    for found in report.differences:
        print(f"{found.rule}: {found.subject}: expected {found.expected}, found {found.found}")
    if report.difference_count > len(report.differences):
        print(f"and {report.difference_count - len(report.differences):,} more")
    print("the books agree" if report.is_sound else f"differences: {report.difference_count:,}")
    return 0 if report.is_sound else 1


async def _check(settings: Settings) -> LedgerReport:
    async with connected(settings.database_url):
        await require_migrated()
        with Progress() as progress:
            return await check_ledger(settings.database_url, SYSTEM, progress.show)
