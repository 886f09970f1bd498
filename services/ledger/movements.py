"""Which kinds of wallets each operation may move money between (design §2).

The desk refuses the rest.
"""

from models.kinds import EntryKind, WalletKind

Way = tuple[WalletKind, WalletKind]
"""From, to."""

PERMITTED: dict[EntryKind, frozenset[Way]] = {
    EntryKind.DEPOSIT: frozenset({(WalletKind.BANK, WalletKind.LOTTERY)}),
    EntryKind.PURCHASE: frozenset({(WalletKind.LOTTERY, WalletKind.PARTNER)}),
    EntryKind.REFUND: frozenset({(WalletKind.PARTNER, WalletKind.LOTTERY)}),
    EntryKind.POOL_FUNDING: frozenset({(WalletKind.BANK, WalletKind.PRIZE_POOL)}),
    EntryKind.PAYOUT: frozenset(
        {
            (WalletKind.PRIZE_POOL, WalletKind.LOTTERY),
            (WalletKind.PRIZE_POOL, WalletKind.TAX),
        }
    ),
    EntryKind.CAPTURE: frozenset({(WalletKind.LOTTERY, WalletKind.PARTNER)}),
    EntryKind.WITHDRAWAL: frozenset({(WalletKind.LOTTERY, WalletKind.IN_TRANSIT)}),
    EntryKind.SENDING_BACK: frozenset({(WalletKind.SUSPENSE, WalletKind.IN_TRANSIT)}),
    EntryKind.BANK_PAYMENT: frozenset({(WalletKind.IN_TRANSIT, WalletKind.BANK)}),
    EntryKind.BANK_REFUSAL: frozenset(
        {
            (WalletKind.IN_TRANSIT, WalletKind.LOTTERY),
            (WalletKind.IN_TRANSIT, WalletKind.SUSPENSE),
        }
    ),
    EntryKind.BANK_RETURN: frozenset(
        {
            (WalletKind.BANK, WalletKind.LOTTERY),
            (WalletKind.BANK, WalletKind.SUSPENSE),
        }
    ),
    EntryKind.RECEIPT: frozenset({(WalletKind.BANK, WalletKind.SUSPENSE)}),
    EntryKind.ATTRIBUTION: frozenset({(WalletKind.SUSPENSE, WalletKind.LOTTERY)}),
}

PERMITTED[EntryKind.REVERSAL] = frozenset(
    (to, source) for ways in PERMITTED.values() for source, to in ways
) | {(WalletKind.SUSPENSE_DEBT, WalletKind.BANK)}
"""A reversal may go back on every way there is; what is spent by then becomes suspense's debt."""
