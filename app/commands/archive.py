"""Write the ledger's lines up to a day into a file that anybody can add up; nothing is removed.

The books are checked first. The file is compressed lines of JSON, and is checked while it is
written; keep the SHA-256 that is printed in another place than the file.
"""

import argparse
import asyncio
import gzip
import os
import sys
from contextlib import aclosing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

from app.commands.check_archive import tell_faults
from app.database import connected, require_migrated
from app.settings import Settings
from app.terminal import Progress
from services.actors import SYSTEM
from services.clock import utc_now
from services.ledger.archive import Span, archive
from services.ledger.check import check_ledger
from services.ledger.check_archive import ArchiveReading, ArchiveReport

REST = timedelta(hours=1)
"""How long ago the last day must have ended: what is under way then is long done with."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, help="where it goes; it must not be there yet")
    parser.add_argument(
        "--before",
        type=date.fromisoformat,
        required=True,
        metavar="DATE",
        help="the first business day that is left out, as 2027-01-01",
    )
    parser.add_argument(
        "--from",
        dest="begun",
        type=date.fromisoformat,
        metavar="DATE",
        help="the first business day: the last archive's DATE (default: from the beginning)",
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Write; print what was written."""

    def beginning(day: date) -> datetime:
        return datetime.combine(day, time.min, settings.zone).astimezone(UTC)

    span = Span(beginning(options.before), options.begun and beginning(options.begun))
    if span.before > utc_now() - REST or span.is_after(span.before):
        print("the last day must have ended an hour ago, and not before the first", file=sys.stderr)
        return 2
    if options.file.exists():
        print(f"{options.file} is there already", file=sys.stderr)
        return 1
    part = options.file.with_name(f"{options.file.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            report = asyncio.run(_archive(settings, span, file))
            file.flush()
            os.fsync(file.fileno())
        if report is None:
            print("not archived: the books do not agree, see check-ledger", file=sys.stderr)
            return 1
        if not report.is_sound:
            tell_faults(options.file, report)
            return 1
        os.link(part, options.file)  # unlike a rename, it takes nobody's place
    finally:
        part.unlink(missing_ok=True)
    print(f"archived: {report.entries:,} entries, {report.lines:,} lines")
    print(f"sha256: {report.sha256}")
    return 0


async def _archive(settings: Settings, span: Span, file: BinaryIO) -> ArchiveReport | None:
    """Write, and return what was found in what was written; None where the books do not agree."""
    url = settings.database_url
    async with connected(url):
        await require_migrated()
        with Progress() as progress:
            if not (await check_ledger(url, SYSTEM, progress.show)).is_sound:
                return None
            reading = ArchiveReading()
            # Without a name and a time in it, the same lines make the same file.
            with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                async with aclosing(archive(url, SYSTEM, span, progress.show)) as lines:
                    async for line in lines:
                        reading.take(line)
                        packed.write(line)
            return reading.end()
