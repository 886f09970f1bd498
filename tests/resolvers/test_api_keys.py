"""API keys through the schema: what is shown, what is not, and what a key may ask."""

from typing import Any

import pytest

from graphql_schema.relay import NodeKind
from models import Answer, ApiKey
from models.kinds import ApiKeyScope, PartnerKind
from services.actors import Actor
from services.partners.create_partner import create_partner
from services.partners.warn_expiring_keys import warn_expiring_keys
from services.people.authenticate import authenticate_api_key
from tests.factories import (
    a_centre,
    a_customer,
    a_key,
    a_platform,
    a_scene,
    a_supervisor,
    an_operator,
    id_of,
    limited,
)
from tests.resolvers.asking import Coffer, gid

KEY = "id name prefix scopes partnerId createdAt expiresAt lastUsedAt revokedAt replacedById"
KEYS = f"""query ($partner: ID, $first: Int! = 20, $after: String) {{
  apiKeys(partnerId: $partner, first: $first, after: $after) {{
    edges {{ node {{ {KEY} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""


async def test_a_key_is_made_listed_rotated_and_revoked(coffer: Coffer) -> None:
    _, secret = await create_partner(coffer.house, PartnerKind.SALES_PLATFORM, "Shop", "CNY")
    platform = await authenticate_api_key(coffer.house.clock, secret)
    made = await coffer.do(
        platform,
        "createApiKey",
        f"secret apiKey {{ {KEY} }}",
        name="reporting",
        scopes=["READ", "SUBSCRIBE"],
        expiresAt="2026-06-01T00:00:00+08:00",
    )
    assert made["secret"].startswith(made["apiKey"]["prefix"])
    assert made["apiKey"]["scopes"] == ["READ", "SUBSCRIBE"]
    assert made["apiKey"]["expiresAt"] == "2026-05-31T16:00:00Z"
    assert made["apiKey"]["partnerId"] == gid(NodeKind.PARTNER, id_of(platform))
    rotated = await coffer.do(
        platform,
        "rotateApiKey",
        "secret apiKey { id name scopes } old { replacedById expiresAt }",
        apiKeyId=made["apiKey"]["id"],
        oldUntil="2026-03-09T04:00:00Z",
    )
    assert rotated["apiKey"]["name"] == "reporting"
    assert rotated["old"] == {
        "replacedById": rotated["apiKey"]["id"],
        "expiresAt": "2026-03-09T04:00:00Z",
    }
    revoked = await coffer.do(
        platform, "revokeApiKey", "apiKey { revokedAt }", apiKeyId=made["apiKey"]["id"]
    )
    assert revoked["apiKey"]["revokedAt"] == "2026-03-02T04:00:00Z"
    page = await coffer.ask(platform, KEYS, first=2)
    names = [edge["node"]["name"] for edge in page["apiKeys"]["edges"]]
    assert names == ["reporting", "reporting"]
    rest = await coffer.ask(platform, KEYS, after=page["apiKeys"]["pageInfo"]["endCursor"])
    (first,) = rest["apiKeys"]["edges"]
    assert first["node"]["name"] == "first key"
    assert first["node"]["lastUsedAt"] == "2026-03-02T04:00:00Z"


async def test_the_secret_is_in_the_first_answer_alone(coffer: Coffer) -> None:
    platform = await a_platform(coffer.house)
    given = {"idempotencyKey": a_key(), "name": "reporting", "scopes": ["READ"]}
    first, again = [
        await coffer.do(platform, "createApiKey", "secret apiKey { id }", **given) for _ in range(2)
    ]
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["apiKey"] == first["apiKey"]
    assert again["secret"] is None
    assert first["secret"] not in str(await Answer.all().values())


async def test_keys_are_for_their_partner_and_for_who_manages_partners(coffer: Coffer) -> None:
    platform, centre = await a_platform(coffer.house), await a_centre(coffer.house)
    partner = gid(NodeKind.PARTNER, id_of(platform))
    (own,) = (await coffer.ask(platform, KEYS))["apiKeys"]["edges"]
    assert (await coffer.ask(centre, KEYS, partner=partner))["apiKeys"]["edges"] == []
    operator = await an_operator(coffer.house)
    assert (await coffer.ask(operator, KEYS, partner=partner))["apiKeys"]["edges"] == [own]
    assert len((await coffer.ask(operator, KEYS))["apiKeys"]["edges"]) == 2
    for actor in (await a_customer(coffer.house), await a_supervisor(coffer.house)):
        assert (await coffer.fail(actor, KEYS))["code"] == "FORBIDDEN"


READS = [
    "{ draws { edges { cursor } } }",
    "{ partners { edges { cursor } } }",
    "{ statement(id: $id) { edges { cursor } } }",
    "{ node(id: $id) { id } }",
    "{ nodes(ids: [$id]) { id } }",
    '{ purchaseByReference(reference: "1") { id } }',
]


async def test_a_missing_scope_is_named_in_both_languages(coffer: Coffer) -> None:
    platform = await a_platform(coffer.house)
    narrow = limited(platform, ApiKeyScope.SELL)
    error = await coffer.fail(narrow, "{ draws { edges { cursor } } }")
    assert error == {
        "code": "FORBIDDEN",
        "message": "Your API key lacks the scope READ",
        "scope": "READ",
    }
    error = await coffer.in_chinese.fail_to(
        limited(platform, ApiKeyScope.READ), "createApiKey", name="x", scopes=["READ"]
    )
    assert error == {
        "code": "FORBIDDEN",
        "message": "您的 API 密钥缺少权限范围 MANAGE_KEYS",
        "scope": "MANAGE_KEYS",
    }


@pytest.mark.parametrize("query", READS)
async def test_every_query_needs_the_scope_to_read(coffer: Coffer, query: str) -> None:
    platform = await a_platform(coffer.house)
    variables: dict[str, Any] = {}
    if "$id" in query:
        variables = {"id": gid(NodeKind.PARTNER, id_of(platform))}
        query = f"query ($id: ID!) {query}"
    await coffer.ask(platform, query, **variables)
    narrow = limited(platform, *set(platform.scopes) - {ApiKeyScope.READ})
    error = await coffer.fail(narrow, query, **variables)
    assert (error["code"], error["scope"]) == ("FORBIDDEN", "READ")


async def test_the_feed_needs_the_scope_to_subscribe(coffer: Coffer) -> None:
    platform = await a_platform(coffer.house)
    query = "{ feed { edges { cursor } } }"
    await coffer.ask(limited(platform, ApiKeyScope.SUBSCRIBE), query)
    error = await coffer.fail(limited(platform, ApiKeyScope.READ), query)
    assert (error["code"], error["scope"]) == ("FORBIDDEN", "SUBSCRIBE")


async def test_a_key_that_only_sells_is_told_what_it_sold_and_nothing_else(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    seller: Actor = limited(scene.platform, ApiKeyScope.SELL)
    sold = await coffer.do(
        seller,
        "purchase",
        "transaction { state partner { name balance { amount } } } tickets { serial draw { id } }",
        accountId=gid(NodeKind.ACCOUNT, scene.account_id),
        reference="order-1",
        amount={"amount": "2.00", "currency": "CNY"},
        tickets=[
            {
                "drawId": gid(NodeKind.DRAW, scene.draw_id),
                "numbers": "1",
                "stake": {"amount": "2.00", "currency": "CNY"},
                "serial": "A-1",
            }
        ],
    )
    assert sold["transaction"]["state"] == "COMPLETED"
    assert sold["transaction"]["partner"]["balance"] is None
    viewer = await coffer.ask(seller, "{ viewer { ... on Partner { name balance { amount } } } }")
    assert viewer["viewer"]["balance"] is None


async def test_a_key_that_expires_soon_is_told_in_the_feed(coffer: Coffer) -> None:
    platform = await a_platform(coffer.house)
    key = await ApiKey.get()
    coffer.house.clock.advance(days=359)
    await warn_expiring_keys(coffer.house)
    found = await coffer.ask(
        platform,
        "{ feed { edges { node { kind ... on ApiKeyEvent { apiKey { id prefix } } } } } }",
    )
    (edge,) = found["feed"]["edges"]
    assert edge["node"] == {
        "kind": "API_KEY_EXPIRING",
        "apiKey": {"id": gid(NodeKind.API_KEY, key.id), "prefix": key.prefix},
    }
