"""Every figure there is, and the page of ``docs/operating.md`` that lists them."""

from collections.abc import Iterator

from app.metrics.house import HOUSE
from app.metrics.process import ITSELF, MEANS
from app.metrics.serving import OF_PARENT, OF_SERVER
from app.metrics.tally import Tally
from services.figures import Figure

BY_PROCESS = (*Tally.FIGURES, *OF_SERVER, *MEANS, *OF_PARENT, *ITSELF)
"""Those that each process has of its own; they carry the label ``process``."""

FIGURES: tuple[Figure, ...] = (*BY_PROCESS, *HOUSE)


def as_table() -> Iterator[str]:
    """Yield the lines of a Markdown table of every figure."""
    yield "| figure | labels | says | look when |"
    yield "|---|---|---|---|"
    for figure in FIGURES:
        labels = (*figure.labels, *(("process",) if figure in BY_PROCESS else ()))
        named = ", ".join(f"`{label}`" for label in labels)
        yield f"| `{figure.name}` | {named} | {figure.says} | {figure.alarm} |"
