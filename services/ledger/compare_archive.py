"""Comparing an archive with the ledger that it was written from."""

from collections.abc import Iterable
from contextlib import aclosing
from datetime import datetime

import orjson

from services.actors import Actor
from services.ledger.archive import Span, archive
from services.ledger.means import Means
from services.ledger.rows import Progress, silent


async def compare_archive(
    ledger: Means | str, actor: Actor, lines: Iterable[bytes], progress: Progress = silent
) -> str | None:
    """Write the archive's span anew, and return the first difference, if there is any.

    Args:
        ledger: The house, or a database URL.
        actor: Who asks.
        lines: The archive, which agrees with itself (``check_archive``).
        progress: Called with what is being read and the number of rows so far.

    Raises:
        NotAllowed: The caller may not see the ledger.
        ConnectionLost: The database cannot be reached.
    """
    kept = iter(lines)
    first = next(kept)
    heading = orjson.loads(first)
    begun = heading["begun"] and datetime.fromisoformat(heading["begun"])
    span = Span(datetime.fromisoformat(heading["before"]), begun)
    async with aclosing(archive(ledger, actor, span, progress)) as anew:
        await anext(anew)
        number = 1
        async for line in anew:
            number += 1
            found = next(kept, b"")
            if line != found:
                return f"line {number}: the ledger has {_shown(line)}, the archive {_shown(found)}"
    return None


def _shown(line: bytes) -> str:
    return line.decode(errors="replace").strip() or "nothing"
