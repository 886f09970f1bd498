"""Upload a draw's winning tickets from a CSV file.

The file has the columns serial,prize; prizes are decimals such as 10000.00. All of it is checked
before anything is uploaded. An import that was interrupted goes on when it is started again. Rows
that were not taken are written beside the file, with the reason, and the exit code is 1.
"""

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path
from uuid import UUID

from app.building import built
from app.settings import Settings
from app.terminal import Progress
from graphql_schema.messages import REFUSALS, UNKNOWN
from graphql_schema.relay import NodeKind, decode
from models.kinds import PartnerKind
from services.actors import partner_actor
from services.lottery.import_winners import BadFileError, Imported, import_winners
from services.lottery.prizes import find_draw
from services.refusals import Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("draw", type=_draw_id, help="the closed draw's id, as GraphQL shows it")
    parser.add_argument("file", type=Path, help="the CSV file, in UTF-8")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="open the payment of prizes afterwards, if every row was taken",
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Upload the file; print what became of its rows."""
    try:
        imported = asyncio.run(_import(settings, options.draw, options.file, options.publish))
    except BadFileError as error:
        print("nothing was uploaded:", *error.faults, sep="\n  ", file=sys.stderr)
        return 1
    except Refused as refused:
        code = refused.refusal.code
        facts = dict.fromkeys(("status", "reason", "allowed"), UNKNOWN)
        print(f"refused: {code}: {REFUSALS[code].say('en', facts)}", file=sys.stderr)
        return 1
    refused_rows = f"{imported.refused}"
    if imported.refused_path is not None:
        refused_rows += f" (see {imported.refused_path})"
    print(f"rows: {imported.rows}\ntaken: {imported.taken}\nrefused: {refused_rows}")
    print(f"published: {'yes' if imported.published else 'no'}")
    return 1 if imported.refused else 0


async def _import(settings: Settings, draw_id: UUID, path: Path, publish: bool) -> Imported:  # noqa: FBT001 - the option's value
    async with built(settings) as building:
        draw = await find_draw(draw_id)
        centre = partner_actor(draw.centre_id, PartnerKind.LOTTERY_CENTRE)
        with Progress() as progress:
            return await import_winners(
                building.house,
                centre,
                draw_id,
                path,
                publish=publish,
                progress=partial(progress.show, "winning tickets"),
            )


def _draw_id(text: str) -> UUID:
    decoded = decode(text)
    if decoded is not None and decoded[0] is NodeKind.DRAW:
        return decoded[1]
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not the id of a draw") from None
