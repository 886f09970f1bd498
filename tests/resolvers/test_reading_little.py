"""The fast path reads nothing, and lists ask once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from strawberry.dataloader import DataLoader
from tortoise.queryset import ValuesQuery

from graphql_schema.reading import EMAIL_MAX, KEY_MAX, PHONE_MAX, REASON_MAX
from graphql_schema.relay import NodeKind
from models import Answer, Customer, Draw, Entry, Profile, Ticket, Transaction, WinningTicket
from resolvers import bounds
from services.vault import Keyring, Purpose
from tests.factories import a_key, a_scene, a_vault
from tests.resolvers.asking import Coffer, cny, gid


async def test_a_purchase_is_answered_without_reading(
    coffer: Coffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise AssertionError("the answer has everything")

    scene = await a_scene(coffer.house)
    monkeypatch.setattr(DataLoader, "load", read)
    monkeypatch.setattr(ValuesQuery, "_execute", read)
    order = {
        "accountId": gid(NodeKind.ACCOUNT, scene.account_id),
        "amount": cny("2"),
        "tickets": [
            {"drawId": gid(NodeKind.DRAW, scene.draw_id), "numbers": "1", "stake": cny("2")}
        ],
    }
    wanted = """transaction { id number type state reference at accountId
        amount { amount currency formatted } refunded { amount } balanceAfter { amount }
        tickets { id } } tickets { id numbers serial state confirmBy stake { amount } }"""
    bought = await coffer.do(scene.platform, "purchase", wanted, reference="1", **order)
    assert bought["__typename"] == "PurchaseSuccess"
    many = await coffer.do(
        scene.platform,
        "purchases",
        f"results {{ ... on PurchaseSuccess {{ {wanted} }} }}",
        purchases=[{**order, "idempotencyKey": a_key(), "reference": a_key()}],
    )
    assert many["results"][0]["transaction"]["type"] == "PURCHASE"


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Count the queries for rows in the block."""
    asked: list[Any] = []
    execute = ValuesQuery._execute

    async def counting(query: Any) -> Any:  # noqa: ANN401 - passes on what Tortoise gives
        asked.append(query)
        return await execute(query)

    with monkeypatch.context() as patch:
        patch.setattr(ValuesQuery, "_execute", counting)
        yield asked


async def test_a_list_asks_once_for_what_its_entries_need(
    coffer: Coffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await a_scene(coffer.house)
    query = """query ($id: ID!) { account(id: $id) { balance { amount } purchases { edges { node {
        account { balance { amount } } partner { name } tickets {
            stake { amount } draw { code centre { name } } winning { prize { amount } } }
        } } } } }"""
    account_id = gid(NodeKind.ACCOUNT, scene.account_id)
    counts: list[int] = []
    for _ in range(2):
        for _ in range(3):
            await scene.buys(coffer.house, stakes=[1, 1])
        with counted(monkeypatch) as asked:
            await coffer.ask(scene.player, query, id=account_id)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    # Account, wallet, purchases, tickets, platform, draw, centre (a partner too), winners.
    assert counts[0] <= 8


def test_texts_are_bounded_as_the_columns_that_keep_them() -> None:
    columns = {
        (Transaction, "reference"): bounds.REFERENCE_MAX,
        (Ticket, "numbers"): bounds.NUMBERS_MAX,
        (Ticket, "serial"): bounds.SERIAL_MAX,
        (WinningTicket, "serial"): bounds.SERIAL_MAX,
        (Draw, "game"): bounds.GAME_MAX,
        (Draw, "code"): bounds.GAME_MAX,
        (Entry, "reason"): REASON_MAX,
        (Customer, "email"): EMAIL_MAX,
        (Answer, "key"): KEY_MAX,
    }
    for (model, column), bound in columns.items():
        assert model._meta.fields_map[column].max_length == bound, column  # type: ignore[attr-defined]


def test_what_is_sealed_fits_its_column_at_its_longest() -> None:
    vault = a_vault(Keyring.fresh("9" * 10))
    longest = {
        "name_sealed": "\N{CJK UNIFIED IDEOGRAPH-20000}" * bounds.HOLDER_NAME_MAX,
        "identity_number_sealed": "9" * bounds.IDENTITY_NUMBER_MAX,
        "phone_sealed": "9" * PHONE_MAX,
    }
    for column, text in longest.items():
        room = Profile._meta.fields_map[column].max_length  # type: ignore[attr-defined]
        assert len(vault.seal(Purpose.NAME, text)) <= room, column
