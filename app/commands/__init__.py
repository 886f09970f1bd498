"""The command line, a file per command, which is named as the command is."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from app.database import NotMigrated
from app.key_file import BadKeyFile
from app.settings import Settings
from app.transport import BadRegistry
from models.engines import EngineError

COMMANDS = (
    "serve",
    "worker",
    "migrate",
    "grant",
    "make-keys",
    "rotate-keys",
    "create-administrator",
    "create-supervisor",
    "create-partner",
    "list-api-keys",
    "create-api-key",
    "revoke-api-key",
    "import-winners",
    "check-ledger",
    "archive",
    "check-archive",
    "backup",
    "restored",
    "export-schema",
    "trust-documents",
    "sandbox-bank",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="Coffer keeps prepaid money over one double-entry ledger.",
        epilog="Settings come from the environment: COFFER_DATABASE_URL, COFFER_REDIS_URL, "
        "COFFER_PORT and others, all in docs/operating.md.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    # The others are not loaded: that would take longer than most commands.
    named = [name for name in arguments[:1] if name in COMMANDS]
    for name in named or COMMANDS:
        command = the_command(name)
        summary = (command.__doc__ or "").strip().splitlines()[0]
        subparser = subparsers.add_parser(name, help=summary, description=command.__doc__)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        settings = Settings.from_environment()
    except ValueError as error:
        parser.error(str(error))
    try:
        code: int = options.run(settings, options)
    except (OSError, EngineError, NotMigrated, BadKeyFile, BadRegistry) as error:
        # Above all a database that is not there, or not up to date.
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return code


def the_command(name: str) -> ModuleType:
    """Load a command."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")
