"""Coffer's command line: ``python -m app --help``."""

import sys

from app.commands import main

if __name__ == "__main__":
    sys.exit(main())
