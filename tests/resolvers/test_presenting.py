"""Webhooks tell what GraphQL tells, for every kind of event, and nothing that it would not."""

from typing import Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    parse,
    validate,
)
from graphql.language import OperationDefinitionNode

from app.transport.limits import Limits
from graphql_schema.notifications import EVENT_TYPES
from graphql_schema.relay import NodeKind
from models import FeedEvent, Partner
from models.kinds import EventKind
from resolvers.presenting import FIELD, CannotPresent, Presenter, document
from resolvers.schema import schema
from services.actors import Actor
from services.lottery.refund_purchase import RefundPurchase, refund_purchase
from services.notifications.items import COLUMNS, FeedItem, Gap
from services.webhooks.endpoints import listener
from tests.factories import a_key, a_scene, id_of
from tests.resolvers.asking import Coffer, gid


def fragments() -> dict[str, InlineFragmentNode]:
    """Return what the document asks for, by type."""
    (operation,) = parse(document()).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (field,) = operation.selection_set.selections
    found = {}
    for selection in field.selection_set.selections:  # type: ignore[attr-defined]  # a field
        if isinstance(selection, InlineFragmentNode):
            found[selection.type_condition.name.value] = selection  # type: ignore[union-attr]  # it has one
    return found


def test_the_document_fits_the_schema() -> None:
    assert validate(schema._schema, parse(document())) == []


def test_it_asks_for_every_kind_of_event_and_each_of_its_plain_fields() -> None:
    asked = fragments()
    union = schema._schema.type_map["FeedMessage"]
    assert isinstance(union, GraphQLUnionType)
    assert set(asked) == {member.name for member in union.types}
    assert {EVENT_TYPES[kind].__name__ for kind in EventKind} <= set(asked)
    for name, fragment in asked.items():
        told = schema._schema.type_map[name]
        assert isinstance(told, GraphQLObjectType)
        names = {selection.name.value for selection in fragment.selection_set.selections}  # type: ignore[attr-defined]  # fields
        assert names == {field for field, definition in told.fields.items() if not definition.args}


async def items(actor: Actor) -> list[FeedItem]:
    rows = await FeedEvent.filter(audience=f"partner:{id_of(actor)}").order_by("id")
    return [FeedItem.of([getattr(row, column) for column in COLUMNS]) for row in rows]


async def test_a_purchase_is_told_with_the_ids_and_amounts_of_graphql(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    bought = await scene.buys(coffer.house, stakes=[2_00, 3_00], reference="order-1")
    partner = await Partner.get(id=scene.platform_id)
    present = Presenter(coffer.feed)
    (item,) = [each for each in await items(scene.platform) if each.kind is EventKind.PURCHASE]
    told = await present(coffer.house, listener(partner), item)
    transaction = told["transaction"]
    assert told["__typename"] == "TransactionEvent"
    assert told["kind"] == "PURCHASE"
    assert transaction["amount"] == {"amount": "-5.00", "currency": "CNY", "formatted": "-¥5.00"}
    assert transaction["id"] == gid(NodeKind.TRANSACTION, bought["transaction"]["id"])
    assert transaction["reference"] == "order-1"
    # The player's balance and account are not the platform's to know.
    assert transaction["balanceAfter"] is None
    assert transaction["account"] is None
    assert len(transaction["tickets"]) == 2
    shown = await coffer.ask(
        scene.platform,
        "{ feed(kinds: [PURCHASE]) { edges { node { id cursor at "
        "... on TransactionEvent { transaction { id number } } } } } }",
    )
    (edge,) = shown["feed"]["edges"]
    assert {name: told[name] for name in ("id", "cursor", "at")} == {
        name: edge["node"][name] for name in ("id", "cursor", "at")
    }


async def test_everything_that_a_platform_hears_can_be_told(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    bought = await scene.buys(coffer.house)
    await refund_purchase(
        coffer.house,
        scene.platform,
        RefundPurchase(a_key(), UUID(bought["transaction"]["id"])),
    )
    await scene.wins(coffer.house, 5_00)
    present = Presenter(coffer.feed)
    for partner_id, actor in ((scene.platform_id, scene.platform), (scene.centre_id, scene.centre)):
        partner = await Partner.get(id=partner_id)
        for item in await items(actor):
            told = await present(coffer.house, listener(partner), item)
            assert told["kind"] == item.kind


async def test_a_gap_is_told_with_the_cursor_behind_it(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    partner = await Partner.get(id=scene.platform_id)
    told = await Presenter(coffer.feed)(coffer.house, listener(partner), Gap(7))
    assert told["__typename"] == "FeedGap"
    page = await coffer.ask(
        scene.platform,
        "query ($a: String) { feed(after: $a) { gap { cursor } } }",
        a=told["cursor"],
    )
    assert page["feed"]["gap"] is None


async def test_what_cannot_be_told_is_a_fault_and_not_half_a_message(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    partner = await Partner.get(id=scene.platform_id)
    broken: dict[str, Any] = {}
    item = FeedItem(1, EventKind.PURCHASE, None, broken, coffer.house.clock(), "x")
    with pytest.raises(CannotPresent):
        await Presenter(coffer.feed)(coffer.house, listener(partner), item)


def test_a_partner_may_subscribe_to_as_much_itself() -> None:
    assert FIELD == "notifications"
    assert len(document().encode()) < Limits().body_bytes
