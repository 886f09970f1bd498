"""What the ledger's own verbs need of the house, which stands on the ledger and not under it."""

from typing import Protocol

from services.clock import Clock
from services.ledger.desk import Desk
from services.parameters import Parameters


class Means(Protocol):
    """A desk, the parameters and the present: ``House`` is one."""

    @property
    def desk(self) -> Desk:
        """The door through which money moves."""

    @property
    def clock(self) -> Clock:
        """The present."""

    @property
    def parameters(self) -> Parameters:
        """The values in force."""
