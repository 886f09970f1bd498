"""When a data key is lost, what it sealed shows as empty, and money goes on."""

from dataclasses import replace

import pytest

from graphql_schema.relay import NodeKind
from services.vault import CannotOpen, Keyring, Purpose
from tests.factories import a_scene, a_vault
from tests.resolvers.asking import Coffer, cny, gid

PROFILE = """query ($id: ID!) { account(id: $id) {
    number balance { amount }
    profile { isReadable holderName identityKind identityNumber phone } } }"""


async def test_a_profile_that_cannot_be_read_shows_as_empty(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    account = {"id": gid(NodeKind.ACCOUNT, scene.account_id)}
    shown = await coffer.ask(scene.player, PROFILE, **account)
    assert shown["account"]["profile"]["isReadable"] is True
    lost = Keyring.fresh("9")
    without = replace(coffer, house=replace(coffer.house, vault=a_vault(lost)))
    for actor in (scene.player, scene.operator):
        shown = await without.ask(actor, PROFILE, **account)
        assert shown["account"]["balance"] == {"amount": "100.00"}
        assert shown["account"]["profile"] == {
            "isReadable": False,
            "holderName": None,
            "identityKind": "RESIDENT_ID",
            "identityNumber": None,
            "phone": None,
        }
    revealed = await without.do(
        scene.operator, "revealProfile", accountId=account["id"], reason="a court order"
    )
    assert revealed["code"] == "UNREADABLE"


async def test_money_goes_on_without_the_key(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    sealed = coffer.house.vault.seal(Purpose.NAME, "somebody")
    house = replace(coffer.house, vault=a_vault(Keyring.fresh("9")))
    with pytest.raises(CannotOpen):
        house.vault.open(Purpose.NAME, sealed)
    without = replace(coffer, house=house)
    account_id = gid(NodeKind.ACCOUNT, scene.account_id)
    (serial,) = await scene.wins(house, 5_00)
    given = {"accountId": account_id, "drawId": gid(NodeKind.DRAW, scene.draw_id)}
    paid = await without.do(scene.player, "claimPrize", serial=serial, **given)
    assert paid["__typename"] == "ClaimPrizeSuccess"
    put_in = await without.do(scene.player, "deposit", accountId=account_id, amount=cny("1"))
    assert put_in["__typename"] == "DepositSuccess"
    lost = await without.do(scene.player, "reportLost", "status", accountId=account_id)
    assert lost["status"] == "LOST"
    lifted = await without.do(
        scene.operator, "liftLostReport", "status", accountId=account_id, reason="seen"
    )
    assert lifted["status"] == "ACTIVE"
