"""Add archives of the ledger up again, each by itself and as the one after the other.

It needs no database; with --books each is also compared with the ledger. The exit code is 1 when
something is not as it must be.
"""

import argparse
import asyncio
import gzip
import sys
import zlib
from pathlib import Path

from app.database import connected, require_migrated
from app.settings import Settings
from app.terminal import Progress
from services.actors import SYSTEM
from services.ledger.check_archive import ArchiveReport, check_archive
from services.ledger.compare_archive import compare_archive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", type=Path, nargs="+", metavar="file", help="in order of time")
    parser.add_argument(
        "--books", action="store_true", help="compare them with the ledger in the database too"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Check; print what each holds, and what is wrong."""
    sound = True
    earlier: ArchiveReport | None = None
    for path in options.files:
        try:
            with gzip.open(path) as lines:
                report = check_archive(lines)
        except (EOFError, zlib.error) as error:
            print(f"{path}: {error}")
            return 1
        if earlier is not None:
            report.follow(earlier)
        if options.books and report.is_sound:
            difference = asyncio.run(_compare(settings, path))
            if difference is not None:
                report.note(difference)
        print(f"{path}: {report.entries:,} entries, {report.lines:,} lines")
        print(f"{path}: sha256: {report.sha256}")
        tell_faults(path, report)
        sound = sound and report.is_sound
        earlier = report
    print("the archives agree" if sound else "the archives do not agree")
    return 0 if sound else 1


async def _compare(settings: Settings, path: Path) -> str | None:
    async with connected(settings.database_url):
        await require_migrated()
        with Progress() as progress, gzip.open(path) as lines:
            return await compare_archive(settings.database_url, SYSTEM, lines, progress.show)


def tell_faults(path: Path, report: ArchiveReport) -> None:
    """Print what is wrong with an archive."""
    for fault in report.faults:
        print(f"{path}: {fault}", file=sys.stderr)
    if report.fault_count > len(report.faults):
        print(f"{path}: and {report.fault_count - len(report.faults):,} more", file=sys.stderr)
