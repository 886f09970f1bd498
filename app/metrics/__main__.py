"""``python -m app.metrics`` prints the table of figures in ``docs/operating.md``."""

import sys

from app.metrics.catalogue import as_table

sys.stdout.write("\n".join(as_table()) + "\n")
