"""Where all the money is, per currency."""

from dataclasses import dataclass

from tortoise.functions import Sum

from models import Wallet
from models.kinds import Permission, WalletKind
from services.actors import Actor


@dataclass(frozen=True, slots=True)
class Position:
    """The books' position in a currency: minor units, what is at the bank above zero.

    What is at the bank, and what customers owe that the bank took back after they had spent it, is
    owed to somebody, to the last unit.
    """

    currency: str
    at_bank_minor: int
    owed_to_customers_minor: int
    in_pools_minor: int
    with_partners_minor: int
    tax_minor: int
    in_transit_minor: int
    in_suspense_minor: int
    suspense_debt_minor: int

    @property
    def is_balanced(self) -> bool:
        """Whether what is owed is what is there."""
        return self.at_bank_minor + self.suspense_debt_minor == (
            self.owed_to_customers_minor
            + self.in_pools_minor
            + self.with_partners_minor
            + self.tax_minor
            + self.in_transit_minor
            + self.in_suspense_minor
        )


async def position(actor: Actor) -> list[Position]:
    """Return the position of every currency, from one moment, for who sees the ledger.

    Raises:
        NotAllowed: The caller may not see the ledger.
    """
    actor.require(Permission.SEE_LEDGER)
    sums = (
        await Wallet.all()
        .annotate(total=Sum("balance_minor"))
        .group_by("currency", "kind")
        .values_list("currency", "kind", "total")
    )
    totals: dict[str, dict[str, int]] = {}
    for currency, kind, total in sums:
        totals.setdefault(currency, {})[kind] = int(total)
    return [
        Position(
            currency=currency,
            at_bank_minor=-of.get(WalletKind.BANK, 0),
            owed_to_customers_minor=of.get(WalletKind.LOTTERY, 0),
            in_pools_minor=of.get(WalletKind.PRIZE_POOL, 0),
            with_partners_minor=of.get(WalletKind.PARTNER, 0),
            tax_minor=of.get(WalletKind.TAX, 0),
            in_transit_minor=of.get(WalletKind.IN_TRANSIT, 0),
            in_suspense_minor=of.get(WalletKind.SUSPENSE, 0),
            suspense_debt_minor=-of.get(WalletKind.SUSPENSE_DEBT, 0),
        )
        for currency, of in sorted(totals.items())
    ]
