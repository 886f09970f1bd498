"""The house that these tests begin with, on each engine."""

from tests.lottery.conftest import house

__all__ = ["house"]
