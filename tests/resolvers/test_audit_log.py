"""The audit log is read back, narrowed and paged; refusals for want of a permission are in it."""

from typing import Any

import pytest

from graphql_schema.relay import NodeKind
from models import AuditEntry
from models.kinds import Permission
from services.accounts.freeze import freeze_account
from services.actors import NOBODY
from services.partners.suspend import suspend_partner
from services.refusals import Refused
from tests.factories import (
    a_customer,
    a_key,
    a_platform,
    a_supervisor,
    an_account,
    an_operator,
    id_of,
    new_id,
)
from tests.resolvers.asking import Coffer, gid

LOG = """query ($first: Int! = 20, $after: String, $filter: AuditFilter) {
    auditLog(first: $first, after: $after, filter: $filter) {
        edges { cursor node { id principal action outcome code reason objectKey at
            actor { __typename id } object { __typename id }
            changes { name before after } } }
        pageInfo { hasNextPage endCursor } } }"""

REVEAL = """mutation ($id: ID!) { revealProfile(input: { accountId: $id, reason: "curiosity" }) {
    __typename } }"""


async def read(coffer: Coffer, **variables: object) -> list[dict[str, Any]]:
    data = await coffer.ask(await a_supervisor(coffer.house), LOG, **variables)
    return [edge["node"] for edge in data["auditLog"]["edges"]]


async def test_an_entry_shows_who_did_what_to_which_thing_and_why(coffer: Coffer) -> None:
    operator = await an_operator(coffer.house)
    role = await coffer.do(
        operator,
        "createRole",
        "role { id permissions }",
        name="Cashier",
        description="At the counter.",
        permissions=["PAY_PRIZES", "SEE_CUSTOMERS"],
        reason="New counter",
    )
    (entry,) = await read(coffer)
    assert entry["principal"] == operator.principal
    assert entry["actor"] == {
        "__typename": "StaffMember",
        "id": gid(NodeKind.STAFF_MEMBER, id_of(operator)),
    }
    assert (entry["action"], entry["outcome"], entry["code"]) == ("createRole", "ALLOWED", None)
    assert entry["object"] == {"__typename": "Role", "id": role["role"]["id"]}
    assert entry["reason"] == "New counter"
    assert entry["changes"] == [
        {"name": "permissions", "before": None, "after": "PAY_PRIZES SEE_CUSTOMERS"}
    ]


async def test_it_is_narrowed_by_every_condition(coffer: Coffer) -> None:
    house = coffer.house
    one, two = await an_operator(house), await an_operator(house)
    account_id = await an_account(house, await a_customer(house))
    platform_id = id_of(await a_platform(house))
    await freeze_account(house, one, a_key(), account_id)
    house.clock.advance(hours=1)
    later = house.clock().isoformat()
    await suspend_partner(house, two, a_key(), platform_id)
    with pytest.raises(Refused):
        await suspend_partner(house, two, a_key(), new_id())
    for narrowed, actions in (
        ({"principal": one.principal}, ["freezeAccount"]),
        ({"actorId": gid(NodeKind.STAFF_MEMBER, id_of(one))}, ["freezeAccount"]),
        ({"actorId": gid(NodeKind.STAFF_MEMBER, id_of(one)), "principal": two.principal}, []),
        ({"action": "freezeAccount"}, ["freezeAccount"]),
        ({"objectId": gid(NodeKind.PARTNER, platform_id)}, ["suspendPartner"]),
        ({"outcome": "REFUSED"}, ["suspendPartner"]),
        ({"from": later}, ["suspendPartner", "suspendPartner"]),
        ({"to": later}, ["freezeAccount"]),
        ({"to": later, "outcome": "REFUSED"}, []),
    ):
        found = await read(coffer, filter=narrowed)
        ours = [each["action"] for each in found if each["principal"] != "system"]
        assert ours == actions, narrowed


async def test_it_is_paged_newest_first(coffer: Coffer) -> None:
    operator, supervisor = await an_operator(coffer.house), await a_supervisor(coffer.house)
    account_id = await an_account(coffer.house, await a_customer(coffer.house))
    for _ in range(5):
        await freeze_account(coffer.house, operator, a_key(), account_id)
    seen: list[str] = []
    after = None
    while True:
        page = (await coffer.ask(supervisor, LOG, first=2, after=after))["auditLog"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        await freeze_account(coffer.house, operator, a_key(), account_id)  # shifts nothing
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    newest = await AuditEntry.all().order_by("-id").offset(3)
    assert seen == [gid(NodeKind.AUDIT_ENTRY, each.id) for each in newest]


async def test_a_condition_that_makes_no_sense_is_malformed(coffer: Coffer) -> None:
    supervisor = await a_supervisor(coffer.house)
    for narrowed, field in (
        ({"actorId": gid(NodeKind.DRAW, new_id())}, "filter.actorId"),
        ({"objectId": "x"}, "filter.objectId"),
        ({"action": ""}, "filter.action"),
        ({"from": "yesterday"}, "filter.from"),
    ):
        error = await coffer.fail(supervisor, LOG, filter=narrowed)
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)


async def test_whoever_is_refused_a_permission_is_written_down(coffer: Coffer) -> None:
    customer = await a_customer(coffer.house)
    account_id = gid(NodeKind.ACCOUNT, await an_account(coffer.house, customer))
    for _ in range(12):
        assert (await coffer.fail(customer, REVEAL, id=account_id))["code"] == "FORBIDDEN"
    assert (await coffer.fail(customer, "{ ledgerCheck { isSound } }"))["code"] == "FORBIDDEN"
    check, tenth, first = await read(coffer)
    assert (first["action"], first["code"], first["changes"]) == ("revealProfile", "FORBIDDEN", [])
    assert (first["principal"], first["outcome"]) == (customer.principal, "REFUSED")
    assert first["actor"]["id"] == gid(NodeKind.CUSTOMER, id_of(customer))
    assert tenth["changes"] == [{"name": "attempts", "before": None, "after": "10"}]
    assert check["action"] == "ledgerCheck"


async def test_a_subscription_that_is_refused_is_written_down(coffer: Coffer) -> None:
    customer = await a_customer(coffer.house)
    stream = coffer.follow(customer, "subscription { thresholdAlerts { __typename } }")
    with pytest.raises(Exception, match="yours"):
        await anext(stream)
    (entry,) = await read(coffer)
    assert (entry["action"], entry["code"]) == ("thresholdAlerts", "FORBIDDEN")


async def test_nobodys_attempts_are_counted_and_not_written(coffer: Coffer) -> None:
    account_id = gid(NodeKind.ACCOUNT, new_id())
    for _ in range(3):
        assert (await coffer.fail(NOBODY, REVEAL, id=account_id))["code"] == "UNAUTHENTICATED"
    assert not await AuditEntry.exists()
    assert coffer.house.attempts.by_nobody == {"revealProfile": 3}


async def test_what_one_may_not_see_is_named_by_its_bare_id(coffer: Coffer) -> None:
    house = coffer.house
    account_id = await an_account(house, await a_customer(house))
    await freeze_account(house, await an_operator(house), a_key(), account_id)
    auditor = await an_operator(house, Permission.SEE_AUDIT)
    (edge,) = (await coffer.ask(auditor, LOG))["auditLog"]["edges"]
    assert edge["node"]["object"] is None
    assert edge["node"]["objectKey"] == str(account_id)


async def test_a_parameter_shows_its_history(coffer: Coffer) -> None:
    operator = await an_operator(coffer.house)
    for value in ("7", "9"):
        await coffer.do(
            operator, "setParameter", name="PRIZE_CLAIM_DAYS", value=value, reason="Law"
        )
    query = """query ($after: String) { parameters { name
        history(first: 1, after: $after) { edges { node { value before reason principal } }
            pageInfo { endCursor hasNextPage } } } }"""

    async def history(after: str | None) -> dict[str, Any]:
        supervisor = await a_supervisor(coffer.house)
        found = (await coffer.ask(supervisor, query, after=after))["parameters"]
        (mine,) = [each["history"] for each in found if each["name"] == "PRIZE_CLAIM_DAYS"]
        assert isinstance(mine, dict)
        return mine

    newest = await history(None)
    assert newest["edges"] == [
        {
            "node": {
                "value": "9",
                "before": "7",
                "reason": "Law",
                "principal": operator.principal,
            }
        }
    ]
    oldest = await history(newest["pageInfo"]["endCursor"])
    assert oldest["edges"][0]["node"]["before"] == "60"
    assert oldest["pageInfo"]["hasNextPage"] is False


REASONED = {
    "freezeAccount": NodeKind.ACCOUNT,
    "unfreezeAccount": NodeKind.ACCOUNT,
    "suspendPartner": NodeKind.PARTNER,
    "resumePartner": NodeKind.PARTNER,
}


@pytest.mark.parametrize("mutation", REASONED)
async def test_a_reason_is_kept_and_is_part_of_what_was_asked(
    coffer: Coffer, mutation: str
) -> None:
    house, kind = coffer.house, REASONED[mutation]
    operator = await an_operator(house)
    on_what = (
        await an_account(house, await a_customer(house))
        if kind is NodeKind.ACCOUNT
        else id_of(await a_platform(house))
    )
    argument = f"{kind[0].lower()}{kind[1:]}Id"
    given = {"idempotencyKey": a_key(), argument: gid(kind, on_what)}
    await coffer.do(operator, mutation, **given, reason="The court says so")
    other = await coffer.do(operator, mutation, **given, reason="Something else")
    assert other["code"] == "KEY_REUSED"
    entry = (await read(coffer))[0]
    assert (entry["action"], entry["reason"]) == (mutation, "The court says so")
    error = await coffer.fail_to(operator, mutation, **given, reason="x" * 201)
    assert (error["field"], error["rule"]) == ("reason", "TOO_LONG")
