"""One server for one SQLite file."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyServed(Exception):
    """Another server has the file."""


@contextmanager
def only_server_of(path: Path) -> Iterator[None]:
    """Keep every other server off a database file for the time of the block.

    The lock goes away with the process, however that ends.

    Raises:
        AlreadyServed: Another server has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another server uses {path.name}; stop it, or name another with DATA="
            raise AlreadyServed(message) from None
        yield
