"""Where the money should be, kept by the story itself and by nothing of Coffer's."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Books:
    """Purses by name, in minor units; the bank's is below zero by what it handed over."""

    purses: dict[str, int] = field(default_factory=dict)

    def begin(self, purse: str, minor: int = 0) -> None:
        """Note what a purse holds at the beginning."""
        self.purses[purse] = minor

    def move(self, source: str, target: str, minor: int) -> None:
        """Note that money should have moved."""
        self.purses[source] -= minor
        self.purses[target] += minor

    def __getitem__(self, purse: str) -> int:
        """What a purse should hold."""
        return self.purses[purse]
