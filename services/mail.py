"""Mail to people. Adapters stand in ``app/adapters/``."""

from dataclasses import dataclass, field
from typing import Protocol


class MailUnavailable(Exception):
    """The letter was not taken now; sending it again is right, though it may arrive twice."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. ``id`` names it, so that whoever gets it twice can tell."""

    id: str
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class Mail(Protocol):
    """Hands letters on."""

    async def send(self, letter: Letter) -> None:
        """Hand a letter on to where it is delivered from.

        Raises:
            MailUnavailable: It was not taken.
        """
