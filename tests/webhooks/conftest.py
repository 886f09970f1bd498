"""The house that the webhooks' tests begin with, on each engine."""

from tests.partners.conftest import house

__all__ = ["house"]
