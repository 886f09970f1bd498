"""Print the published GraphQL contract."""

import argparse
import sys

from app.settings import Settings
from resolvers.schema import schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no options."""
    del parser


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Print the schema in the schema definition language."""
    del settings, options
    sys.stdout.write(schema.as_str() + "\n")
    return 0
