"""Make the file with the data keys, which personal data and secrets are sealed with.

Keep a copy of it elsewhere: without it, what was sealed can never be read again. Every process
needs the same file. A file that is there is left alone.
"""

import argparse
import sys

from app.key_file import write_keyring
from app.settings import Settings
from services.vault import Keyring


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no options."""
    del parser


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Make the file that ``COFFER_KEY_FILE`` names."""
    del options
    if settings.key_file.exists():
        print(f"not made: there is a key file {settings.key_file} already", file=sys.stderr)
        return 1
    write_keyring(settings.key_file, Keyring.fresh())
    print(f"made {settings.key_file}: keep a copy of it in a safe place")
    return 0
