"""Making ids.

PostgreSQL's driver has a UUID of its own, which is one of Python's in every way, and is made,
hashed and written out several times faster. The desk handles dozens of ids for a purchase.
"""

from uuid import UUID

from asyncpg.pgproto import pgproto

_Id: type[UUID] = pgproto.UUID


text_of = _Id.__str__
"""Returns the text of an id made here, and takes nothing else; JSON is written with it."""


def id_of(value: str | bytes) -> UUID:
    """Return the id that is written as text, or as its 16 bytes.

    Raises:
        ValueError: It is none.
    """
    made: UUID = _Id(value)  # type: ignore[arg-type]  # takes bytes in the same place, unlike Python's
    return made
