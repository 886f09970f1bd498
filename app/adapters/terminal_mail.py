"""Mail of a development server: printed, so that whoever tries Coffer can read it."""

import sys
from collections import deque
from typing import TextIO

from services.mail import Letter

KEPT = 20


class TerminalMail:
    """``Mail`` that prints every letter and remembers the last ones.

    Args:
        stream: Where they are printed.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.letters: deque[Letter] = deque(maxlen=KEPT)
        self._stream = stream

    async def send(self, letter: Letter) -> None:
        """Print a letter."""
        self.letters.append(letter)
        stream = self._stream or sys.stderr
        text = f"\nMail to {letter.to}: {letter.subject}\n\n{letter.text}\n"
        stream.write(text.replace("\n", "\n    ").rstrip(" ") + "\n")
        stream.flush()
