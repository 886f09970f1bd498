"""The command line, a file per command."""

import argparse
import sys
from collections.abc import Sequence

from app.commands import (
    archive,
    backup,
    check_archive,
    check_ledger,
    create_administrator,
    create_api_key,
    create_partner,
    create_supervisor,
    export_schema,
    grant,
    import_winners,
    list_api_keys,
    make_keys,
    migrate,
    restored,
    revoke_api_key,
    rotate_keys,
    sandbox_bank,
    serve,
    trust_documents,
    worker,
)
from app.database import NotMigrated
from app.key_file import BadKeyFile
from app.settings import Settings
from app.transport import BadRegistry
from models.engines import EngineError

COMMANDS = (
    serve,
    worker,
    migrate,
    grant,
    make_keys,
    rotate_keys,
    create_administrator,
    create_supervisor,
    create_partner,
    list_api_keys,
    create_api_key,
    revoke_api_key,
    import_winners,
    check_ledger,
    archive,
    check_archive,
    backup,
    restored,
    export_schema,
    trust_documents,
    sandbox_bank,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="Coffer keeps prepaid money over one double-entry ledger.",
        epilog="Settings come from the environment: COFFER_DATABASE_URL, COFFER_REDIS_URL, "
        "COFFER_PORT and others, all in docs/operating.md.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        summary = (command.__doc__ or "").strip().splitlines()[0]
        subparser = subparsers.add_parser(command.NAME, help=summary, description=command.__doc__)
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
