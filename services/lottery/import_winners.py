"""Uploading a draw's winning tickets from a CSV file, by the command line (L22)."""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count, islice
from pathlib import Path
from uuid import UUID

from models.currencies import DECIMALS
from models.kinds import ApiKeyScope, PartnerKind
from services.actors import Actor
from services.house import House
from services.ledger.command import Answered
from services.lottery.prizes import find_draw
from services.lottery.upload_winning_tickets import (
    MOST_AT_ONCE,
    UploadWinningTickets,
    upload_winning_tickets,
)
from services.refusals import Refused

COLUMNS = ["serial", "prize"]
"""The header that the file must have; prizes are decimals in major units, such as ``10000.00``."""

LONGEST_SERIAL = 64
MOST_FAULTS = 20
"""How many faults are told at once; whoever mends a file wants more than one."""

Progress = Callable[[int, int], None]
"""Told after each chunk: rows done, rows in all."""

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]+))?", re.ASCII)


class BadFileError(Exception):
    """The file is not what it should be: nothing of it was uploaded. ``faults`` name the rows."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file's rows; ``refused_path`` holds the refused ones, if there are any."""

    rows: int
    taken: int
    refused: int
    refused_path: Path | None
    published: bool


async def import_winners(
    house: House,
    actor: Actor,
    draw_id: UUID,
    path: Path,
    *,
    publish: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Imported:
    """Upload a file's winning tickets in chunks.

    The whole file is checked first, so that a typing mistake in its last row uploads nothing.
    Each chunk's key is derived from what the file holds: an import that was interrupted is
    resumed by starting it again, and what was uploaded is not uploaded twice. Rows that the
    ledger does not take are written to ``<name>.refused.csv`` beside the file, with the reason.

    Args:
        house: The house.
        actor: The draw's lottery centre.
        draw_id: A closed draw.
        path: The file, in UTF-8.
        publish: Open the payment of prizes afterwards, but only if every row was taken:
            what is published can never be added to.
        progress: Told after each chunk.

    Raises:
        NotAllowed: The actor is no lottery centre.
        BadFileError: The file is malformed.
        Refused: As ``upload_winning_tickets``.
    """
    actor.partner_id(PartnerKind.LOTTERY_CENTRE, scope=ApiKeyScope.DRAW)
    draw = await find_draw(draw_id)
    total, digest = check_file(path, draw.currency)
    refused_path = path.with_name(f"{path.stem}.refused.csv")
    refused_path.unlink(missing_ok=True)
    done = refused = 0
    for number, chunk in enumerate(_chunks(path, draw.currency)):
        upload = UploadWinningTickets(
            f"{draw_id}/{digest}/{number}", draw_id, tuple(chunk), publish=False
        )
        answered = await _settled(house, actor, upload)
        rejects = [result for result in answered.body["results"] if result["code"] is not None]
        _keep(refused_path, rejects, dict(chunk), draw.currency)
        refused += len(rejects)
        done += len(chunk)
        progress(done, total)
    published = publish and refused == 0
    if published:
        last = UploadWinningTickets(f"{draw_id}/{digest}/publish", draw_id, (), publish=True)
        await _settled(house, actor, last)
    return Imported(total, total - refused, refused, refused_path if refused else None, published)


def parse_minor(text: str, currency: str) -> int:
    """Return a decimal in major units as minor units, exactly.

    Raises:
        ValueError: It is no plain decimal above zero, or has more decimals than the currency.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no amount, such as 12.50")
    decimals = DECIMALS[currency]
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > decimals:
        raise ValueError(f"{text!r} has more than the {decimals} decimals of {currency}")
    minor = int(whole + fraction.ljust(decimals, "0"))
    if minor == 0:
        raise ValueError("a prize is above zero")
    return minor


def check_file(path: Path, currency: str) -> tuple[int, str]:
    """Return how many rows a file has, and the digest of what they say.

    Raises:
        BadFileError: The file is malformed.
    """
    digest = hashlib.sha256()
    faults: list[str] = []
    rows = 0
    try:
        for line, cells in _rows(path):
            try:
                serial, prize_minor = _ticket(cells, currency)
            except ValueError as error:
                faults.append(f"row {line}: {error}")
                if len(faults) == MOST_FAULTS:
                    break
            else:
                digest.update(f"{serial}\n{prize_minor}\n".encode())
                rows += 1
    except (UnicodeDecodeError, csv.Error) as error:
        faults.append(f"the file cannot be read: {error}")
    if faults:
        raise BadFileError(faults)
    return rows, digest.hexdigest()


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Stream the rows below the header, with the number that a spreadsheet shows for each."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader, [])
        if header != COLUMNS:
            raise BadFileError([f"row 1: the columns must be {','.join(COLUMNS)}"])
        yield from enumerate(reader, 2)


def _ticket(cells: list[str], currency: str) -> tuple[str, int]:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} cells in place of {len(COLUMNS)}")
    serial, prize = cells
    if (
        not 0 < len(serial) <= LONGEST_SERIAL
        or serial != serial.strip()
        or not serial.isprintable()
    ):
        raise ValueError(f"{serial!r} is no serial")
    return serial, parse_minor(prize, currency)


def _chunks(path: Path, currency: str) -> Iterator[list[tuple[str, int]]]:
    rows = _rows(path)
    while chunk := [_ticket(cells, currency) for _, cells in islice(rows, MOST_AT_ONCE)]:
        yield chunk


async def _settled(house: House, actor: Actor, upload: UploadWinningTickets) -> Answered:
    """Upload under a derived key, stepping over refusals of earlier imports.

    A refusal is an answer and is kept: without this, a file that was brought before its draw was
    closed would be refused for ever.
    """
    for attempt in count():
        try:
            return await upload_winning_tickets(
                house, actor, replace(upload, key=f"{upload.key}/{attempt}")
            )
        except Refused as refused:
            if not refused.replayed:
                raise
    raise AssertionError("count() does not end")


def _keep(
    path: Path, rejects: Sequence[Mapping[str, str]], prizes: Mapping[str, int], currency: str
) -> None:
    """Add refused rows to their file, in the form of the first one with the reason as well."""
    if not rejects:
        return
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow([*COLUMNS, "code"])
        for reject in rejects:
            prize = _in_major(prizes[reject["serial"]], currency)
            writer.writerow([reject["serial"], prize, reject["code"]])


def _in_major(amount_minor: int, currency: str) -> str:
    return str(Decimal(amount_minor).scaleb(-DECIMALS[currency]))
