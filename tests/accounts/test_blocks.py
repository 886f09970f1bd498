"""The status follows from what stands, and what stands holds against purchases at that instant."""

import asyncio
import shutil
import uuid
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import Block, Transaction, Wallet
from models.kinds import BlockKind, BlockState, WalletStatus
from services.accounts.blocks import status_of
from services.accounts.freeze import freeze_account
from services.accounts.lift_lost_report import LiftLostReport, lift_lost_report
from services.accounts.report_lost import report_lost
from services.accounts.unfreeze import unfreeze_account
from services.ledger.command import Answered
from services.lottery.purchase import purchase
from services.refusals import RefusalCode, Refused
from tests.factories import (
    HouseUnderTest,
    Scene,
    a_key,
    a_scene,
    an_order,
    at_once,
    beside,
    house_on,
    in_turn,
    on_postgres,
    stepped_up,
)

OPEN = {"closing_at": None, "closed_at": None}
VERBS = ("report", "lift report", "freeze", "unfreeze")


def test_the_gravest_block_is_the_status() -> None:
    assert status_of(OPEN, ()) is WalletStatus.ACTIVE
    assert status_of(OPEN, [BlockKind.BY_HOLDER]) is WalletStatus.FROZEN
    assert status_of(OPEN, [BlockKind.BY_OPERATOR, BlockKind.LOST]) is WalletStatus.LOST
    closing = OPEN | {"closing_at": "now"}
    assert status_of(closing, ()) is WalletStatus.CLOSING
    assert status_of(closing, [BlockKind.BY_HOLDER]) is WalletStatus.FROZEN
    assert status_of(closing | {"closed_at": "now"}, [BlockKind.LOST]) is WalletStatus.CLOSED


@dataclass
class Stands:
    """What must stand after each verb."""

    blocks: set[BlockKind] = field(default_factory=set)

    def apply(self, verb: str, *, as_holder: bool) -> bool:
        """Apply a verb; return whether it is to be refused."""
        own = BlockKind.BY_HOLDER if as_holder else BlockKind.BY_OPERATOR
        if verb == "unfreeze" and own not in self.blocks:
            return bool(self.blocks - {BlockKind.LOST})
        kind = own if "freeze" in verb else BlockKind.LOST
        if verb in {"report", "freeze"}:
            self.blocks.add(kind)
        else:
            self.blocks.discard(kind)
        return False


async def do(house: HouseUnderTest, scene: Scene, verb: str, *, as_holder: bool) -> Answered:
    """Place or lift a block."""
    actor = stepped_up(scene.player, house) if as_holder else scene.operator
    if verb == "lift report":
        # The holder's way is in test_report_lost: here an operator has seen the documents.
        request = LiftLostReport(a_key(), scene.account_id, reason="seen")
        return await lift_lost_report(house, scene.operator, request)
    verbs = {"report": report_lost, "freeze": freeze_account, "unfreeze": unfreeze_account}
    return await verbs[verb](house, actor, a_key(), scene.account_id)


async def in_this_order(url: str, steps: list[tuple[str, bool]]) -> None:
    """Take these steps, and compare the status and what may be bought after each of them."""
    async with house_on(url) as house:
        scene, stands = await a_scene(house), Stands()
        for verb, as_holder in steps:
            refuses = stands.apply(verb, as_holder=as_holder)
            (done,) = await at_once(do(house, scene, verb, as_holder=as_holder))
            assert isinstance(done, Refused) == refuses
            rows = await Block.filter(account_id=scene.account_id, state=BlockState.STANDING)
            assert {BlockKind(row.kind) for row in rows} == stands.blocks
            assert len(rows) == len(stands.blocks)
            status = (await Wallet.get(id=scene.account_id)).status
            assert status == status_of(OPEN, stands.blocks)
            order = an_order(scene.account_id, scene.draw_id, stakes=(1,))
            (bought,) = await at_once(purchase(house, scene.platform, order))
            assert isinstance(bought, Answered) == (status == WalletStatus.ACTIVE)
            if isinstance(bought, Refused):
                assert bought.refusal.code is RefusalCode.ACCOUNT_BLOCKED
                assert bought.refusal.details == {"status": status}


def test_whatever_is_placed_and_lifted_the_status_is_what_stands(
    sqlite_template: Path, tmp_path: Path
) -> None:
    @settings(max_examples=15, deadline=None, database=None)
    @given(st.lists(st.tuples(st.sampled_from(VERBS), st.booleans()), min_size=3, max_size=12))
    def check(steps: list[tuple[str, bool]]) -> None:
        path = tmp_path / f"{uuid.uuid4()}.db"
        shutil.copyfile(sqlite_template, path)
        asyncio.run(in_this_order(f"sqlite://{path}", steps))

    check()


@on_postgres
@pytest.mark.parametrize("verb", ["report", "freeze"])
@pytest.mark.parametrize("first", ["block", "purchase"])
async def test_a_block_and_a_purchase_that_meet_at_the_wallet(
    house: HouseUnderTest, verb: str, first: str
) -> None:
    """Both have seen the account open; whichever has the lock first decides."""
    scene = await a_scene(house)
    async with beside(house) as other:
        block = partial(do, house, scene, verb, as_holder=True)
        order = an_order(scene.account_id, scene.draw_id)
        buy = partial(purchase, other, scene.platform, order)
        asked = (block, buy) if first == "block" else (buy, block)
        results = await in_turn(house, "wallet", scene.account_id, *asked)
    bought = results[1] if first == "block" else results[0]
    if first == "purchase":
        assert isinstance(bought, Answered)
    else:
        assert isinstance(bought, Refused)
        assert bought.refusal.code is RefusalCode.ACCOUNT_BLOCKED
    placed = await Block.get(account_id=scene.account_id)
    assert placed.placed_after == (1 if first == "block" else 2)


@on_postgres
async def test_nothing_is_bought_after_a_report_among_many_purchases(
    house: HouseUnderTest,
) -> None:
    """Purchases at two desks, and in their midst the report: the ledger's numbers judge."""
    scene = await a_scene(house)
    async with beside(house) as other:
        buys = [
            purchase(desk, scene.platform, an_order(scene.account_id, scene.draw_id, stakes=(1,)))
            for _ in range(60)
            for desk in (house, other)
        ]
        report = report_lost(house, scene.player, a_key(), scene.account_id)
        results = await at_once(*buys[:60], report, *buys[60:])
    placed = await Block.get(account_id=scene.account_id)
    bought = await Transaction.filter(account_id=scene.account_id, type="PURCHASE")
    accepted = [one for n, one in enumerate(results) if n != 60 and isinstance(one, Answered)]
    assert len(bought) == len(accepted)
    assert all(row.number <= placed.placed_after for row in bought)
    codes = {one.refusal.code for one in results if isinstance(one, Refused)}
    assert codes <= {RefusalCode.ACCOUNT_BLOCKED}
