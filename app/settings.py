"""Settings, all from the environment; the defaults are the safe ones."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

BEIJING = ZoneInfo("Asia/Shanghai")
HIGHEST_PORT = 65_535
SCHEMES = ("sqlite://", "postgres://", "postgresql://")


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process runs.

    Attributes:
        database_url: ``sqlite:///absolute/path`` or ``postgres://user:password@host:port/database``.
        redis_url: ``redis://host:port/0``; needed by several processes, to wake each other.
        host: The address to listen on.
        port: The port to listen on.
        dev: The conveniences of development: demo data, suggestions in errors, plain logs.
        zone: Where the business day begins.
        key_file: Where the data keys are; made on first start in development alone.
    """

    database_url: str
    redis_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    dev: bool = False
    zone: ZoneInfo = BEIJING
    key_file: Path = Path("data/keys.json")

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the variables whose names begin with ``COFFER_``, in capitals.

        Raises:
            ValueError: A variable does not say what it must.
        """
        port = environment.get("COFFER_PORT", "8000")
        if not port.isdecimal() or int(port) > HIGHEST_PORT:
            raise ValueError(f"COFFER_PORT must be from 0 to {HIGHEST_PORT}, not {port!r}")
        database_url = environment.get("COFFER_DATABASE_URL") or (
            f"sqlite://{Path('data').resolve() / 'coffer.db'}"
        )
        if not database_url.startswith(SCHEMES):
            # What stands there may hold a password, so it is not repeated.
            raise ValueError("COFFER_DATABASE_URL must begin with sqlite:// or postgres://")
        zone = environment.get("COFFER_ZONE", "Asia/Shanghai")
        try:
            zone_info = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            message = f"COFFER_ZONE must be a time zone such as Asia/Shanghai, not {zone!r}"
            raise ValueError(message) from None
        return Settings(
            database_url=database_url,
            redis_url=environment.get("COFFER_REDIS_URL") or None,
            host=environment.get("COFFER_HOST", "127.0.0.1"),
            port=int(port),
            dev=environment.get("COFFER_DEV", "") == "1",
            zone=zone_info,
            key_file=_key_file(environment, database_url),
        )

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, where the database is SQLite."""
        if self.database_url.startswith("sqlite://"):
            return Path(self.database_url.removeprefix("sqlite://"))
        return None


def _key_file(environment: Mapping[str, str], database_url: str) -> Path:
    """Return where the keys are: where the variable says, or beside the SQLite file."""
    if named := environment.get("COFFER_KEY_FILE"):
        return Path(named)
    if database_url.startswith("sqlite://"):
        return Path(database_url.removeprefix("sqlite://")).with_name("keys.json")
    return Path("data/keys.json")
