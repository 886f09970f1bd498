"""The currencies that Coffer keeps, and the wallets that exist once per currency."""

from uuid import UUID, uuid5

from models.kinds import WalletKind

DECIMALS = {"CNY": 2, "EUR": 2, "HKD": 2, "JPY": 0, "USD": 2}
"""ISO 4217 code to the number of decimals of its minor unit."""

_NAMESPACE = UUID("c0ffe12e-0000-5000-8000-000000000001")


def system_wallet_id(kind: WalletKind, currency: str) -> UUID:
    """Return the id of the one wallet of this kind and currency, such as the bank's in CNY."""
    return uuid5(_NAMESPACE, f"{kind}:{currency}")


SYSTEM_WALLETS = {
    system_wallet_id(kind, currency): (kind, currency)
    for kind in (
        WalletKind.BANK,
        WalletKind.TAX,
        WalletKind.IN_TRANSIT,
        WalletKind.SUSPENSE,
        WalletKind.SUSPENSE_DEBT,
    )
    for currency in DECIMALS
}
"""Wallets that nobody opens: migrations put them there."""
