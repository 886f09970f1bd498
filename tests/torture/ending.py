"""Waiting until nothing is under way any more: at the bank, here, and between the two."""

import asyncio
import time

from models.currencies import system_wallet_id
from models.kinds import WalletKind
from tests.leases import leases_end
from tests.stories.coffer import Coffer
from tests.stories.sandbox_bank import SandboxBank
from tests.torture.database import rows

DAY_S = 86_400
LOOK_S = 0.1
ALL_ENDED_S = 150.0
"""How long it may take: who pays a draw may have died, and another takes over after a minute."""


async def end_everything(coffer: Coffer, url: str, *, patient: bool) -> list[str]:
    """Let the bank do what is still to be done, and wait until we know; say what never ends.

    Whoever is not patient has the time of those be over who died at work.
    """
    assert coffer.bank is not None
    if not patient:
        await leases_end(url)
    coffer.bank.control("PUT", "plan")
    coffer.bank.control("POST", "time", advance_s=DAY_S)
    deadline = time.monotonic() + ALL_ENDED_S
    while stranded := await under_way(coffer.bank, url):
        if time.monotonic() > deadline:
            return [f"never ends: {stranded}"]
        await asyncio.sleep(LOOK_S)
    return []


async def under_way(bank: SandboxBank, url: str) -> dict[str, object]:
    """Return what has not ended yet: at the bank, between the two, and here."""
    books = bank.books()
    (asked,) = await rows(
        url, "SELECT count(*) AS open FROM bank_instruction WHERE ask_at IS NOT NULL"
    )
    (runs,) = await rows(url, "SELECT count(*) AS open FROM payout_run WHERE state = 'RUNNING'")
    at_bank = system_wallet_id(WalletKind.BANK, "CNY")
    (ours,) = await rows(url, f"SELECT balance_minor FROM wallet WHERE id = '{at_bank}'")  # noqa: S608 - ours
    found = {
        "untold by the bank": books["untold"],
        "open at the bank": sum(each["state"] == "ACCEPTED" for each in books["instructions"]),
        "open here": asked["open"],
        "payout runs": runs["open"],
        "difference to the bank": books["balances"].get("CNY", 0) + ours["balance_minor"],
    }
    return {name: value for name, value in found.items() if value}
