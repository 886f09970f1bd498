"""Amounts of money, out and in."""

import strawberry

from graphql_schema.describe import gql_field, gql_input, gql_type
from graphql_schema.reading import Reading
from graphql_schema.scalars import MoneyAmount
from models.currencies import DECIMALS

_SIGNS = {"CNY": "¥", "EUR": "€", "HKD": "HK$", "JPY": "JP¥", "USD": "US$"}


@gql_type
class Money:
    """An amount in a currency."""

    minor: strawberry.Private[int]
    currency: str = strawberry.field(description='ISO 4217 code, such as "CNY".')

    @gql_field
    def amount(self) -> MoneyAmount:
        """The amount as a decimal string with all the decimals of its currency."""
        return MoneyAmount(decimal(self.minor, self.currency))

    @gql_field
    def formatted(self) -> str:
        """The amount as people read it, such as "¥1,234.50"."""
        return formatted(self.minor, self.currency)


@gql_input
class MoneyInput:
    """An amount in a currency."""

    amount: MoneyAmount = strawberry.field(
        description="A plain decimal string with at most the decimals of its currency."
    )
    currency: str = strawberry.field(description='ISO 4217 code, such as "CNY".')

    def read(self, reading: Reading, field: str) -> tuple[int, str]:
        """Return minor units above zero, and the currency."""
        currency = reading.currency(self.currency, f"{field}.currency")
        return reading.amount(self.amount, currency, f"{field}.amount"), currency


def money(minor: int, currency: str) -> Money:
    """Return an amount of minor units."""
    return Money(minor=minor, currency=currency)


def formatted(minor: int, currency: str) -> str:
    """Return an amount as people read it."""
    return ("-" if minor < 0 else "") + _SIGNS[currency] + decimal(abs(minor), currency, ",")


def decimal(minor: int, currency: str, separator: str = "") -> str:
    """Return an amount as a decimal string, its thousands separated."""
    decimals = DECIMALS[currency]
    whole, fraction = divmod(abs(minor), 10**decimals)
    sign = "-" if minor < 0 else ""
    text = f"{whole:,}".replace(",", separator)
    return f"{sign}{text}.{fraction:0{decimals}d}" if decimals else sign + text
