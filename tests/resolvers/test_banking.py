"""Cards, withdrawals and suspense through the schema."""

from contextlib import aclosing

import pytest

from graphql_schema.notifications import FEED
from graphql_schema.relay import NodeKind, cursor_of
from services.bank import BankNews, BankState
from services.banking.conclude import hear
from services.banking.pursue import pursue_open
from tests.factories import (
    CNY,
    HOLDER,
    a_card,
    a_card_number,
    a_customer,
    an_account,
    an_operator,
    stepped_up,
)
from tests.resolvers.asking import Coffer, cny, gid

WITHDRAWALS = """query ($id: ID!) { account(id: $id) {
    balance { amount }
    transactions { edges { node { type state amount { amount } original { type } } } }
    withdrawals { edges { node { state reason amount { amount } card { lastFour }
        transaction { type } returnTransaction { type } account { id } } } } } }"""


async def test_a_card_is_bound_shown_and_let_go(coffer: Coffer) -> None:
    customer = await a_customer(coffer.house)
    await an_account(coffer.house, customer)
    number = a_card_number()
    given = {"number": number, "holderName": HOLDER}
    told = await coffer.do(customer, "bindCard", **given)
    assert told["code"] == "STEP_UP_REQUIRED"
    player = stepped_up(customer, coffer.house)
    bound = await coffer.do(player, "bindCard", "card { id lastFour unboundAt }", **given)
    assert bound["card"] == {**bound["card"], "lastFour": number[-4:], "unboundAt": None}
    cards = "{ viewer { ... on Customer { cards { id lastFour } } } }"
    shown = await coffer.ask(player, cards)
    assert shown["viewer"]["cards"] == [{"id": bound["card"]["id"], "lastFour": number[-4:]}]
    wrong = await coffer.do(player, "bindCard", number="6222", holderName=HOLDER)
    assert (wrong["code"], wrong["path"]) == ("CARD_NUMBER_INVALID", ["number"])
    await coffer.do(player, "unbindCard", "card { unboundAt }", cardId=bound["card"]["id"])
    assert (await coffer.ask(player, cards))["viewer"]["cards"] == []


@pytest.mark.parametrize("refuses", [None, "not today"])
async def test_a_withdrawal_is_followed_to_its_end(coffer: Coffer, refuses: str | None) -> None:
    house = coffer.house
    customer = await a_customer(house)
    account_id = await an_account(house, customer, 100_00)
    card_id = await a_card(house, customer)
    player = stepped_up(customer, house)
    house.bank.refuses = refuses
    answered = await coffer.do(
        player,
        "requestWithdrawal",
        "withdrawal { id state } transaction { type state balanceAfter { amount } }",
        accountId=gid(NodeKind.ACCOUNT, account_id),
        cardId=gid(NodeKind.BANK_CARD, card_id),
        amount=cny("30"),
    )
    assert answered["withdrawal"]["state"] == "REQUESTED"
    assert answered["transaction"] == {
        "type": "WITHDRAWAL",
        "state": "PENDING",
        "balanceAfter": {"amount": "70.00"},
    }
    await pursue_open(house)
    end = "SETTLED" if refuses is None else "REFUSED"
    found = (await coffer.ask(player, WITHDRAWALS, id=gid(NodeKind.ACCOUNT, account_id)))["account"]
    (withdrawal,) = [edge["node"] for edge in found["withdrawals"]["edges"]]
    assert (withdrawal["state"], withdrawal["reason"]) == (end, refuses)
    assert withdrawal["transaction"] == {"type": "WITHDRAWAL"}
    newest = found["transactions"]["edges"][0]["node"]
    if refuses is None:
        assert withdrawal["returnTransaction"] is None
        assert (newest["type"], newest["state"]) == ("WITHDRAWAL", "COMPLETED")
    else:
        assert withdrawal["returnTransaction"] == {"type": "WITHDRAWAL_RETURN"}
        assert newest["original"] == {"type": "WITHDRAWAL"}
        assert found["balance"] == {"amount": "100.00"}
    events = """subscription ($after: String) { notifications(after: $after) {
        ... on FeedEvent { kind }
        ... on WithdrawalEvent { withdrawal { state } transaction { type } }
        ... on CardEvent { card { lastFour } } } }"""
    stream = coffer.follow(player, events, after=cursor_of(FEED, 0))
    async with aclosing(stream) as answers:
        told = [(await anext(answers))["data"]["notifications"] for _ in range(3)]
    assert [event["kind"] for event in told] == [
        "CARD_BOUND",
        "WITHDRAWAL_REQUESTED",
        f"WITHDRAWAL_{end}",
    ]
    assert told[2]["withdrawal"] == {"state": end}


async def test_more_than_a_day_allows_says_how_much_it_would(coffer: Coffer) -> None:
    house = coffer.house
    customer = await a_customer(house)
    account_id = await an_account(house, customer, 60_000_00)
    given = {
        "accountId": gid(NodeKind.ACCOUNT, account_id),
        "cardId": gid(NodeKind.BANK_CARD, await a_card(house, customer)),
        "amount": cny("50000.01"),
    }
    name, input_ = "RequestWithdrawal", "($input: RequestWithdrawalInput!)"
    document = f"""mutation {name}{input_} {{ requestWithdrawal(input: $input) {{
        ... on LimitExceeded {{ code message allowed {{ amount }} }} }} }}"""
    player = stepped_up(customer, house)
    answer = await coffer.ask(player, document, input={"idempotencyKey": "k", **given})
    assert answer["requestWithdrawal"] == {
        "code": "WITHDRAWAL_LIMIT_EXCEEDED",
        "message": "Today at most ¥50,000.00 more may be withdrawn",
        "allowed": {"amount": "50000.00"},
    }


async def test_money_for_nobody_is_listed_attributed_and_sent_back(coffer: Coffer) -> None:
    house = coffer.house
    customer, operator = await a_customer(house), await an_operator(house)
    account_id = await an_account(house, customer)
    for number in (1, 2):
        news = BankNews(f"L{number}", BankState.SETTLED, number * 100, CNY, remittance="for Ming")
        await hear(house, news)
    listed = await coffer.ask(
        operator,
        """{ suspense(state: HELD) { edges { node {
            id reference remittance amount { amount } withdrawal { id } } } } }""",
    )
    second, first = [edge["node"] for edge in listed["suspense"]["edges"]]
    assert first == {
        "id": first["id"],
        "reference": "L1",
        "remittance": "for Ming",
        "amount": {"amount": "1.00"},
        "withdrawal": None,
    }
    attributed = await coffer.do(
        operator,
        "attributeSuspense",
        "suspenseItem { state account { id } } transaction { type amount { amount } }",
        suspenseItemId=first["id"],
        accountId=gid(NodeKind.ACCOUNT, account_id),
        reason="he called",
    )
    assert attributed["suspenseItem"]["state"] == "ATTRIBUTED"
    assert attributed["transaction"] == {"type": "DEPOSIT", "amount": {"amount": "1.00"}}
    sent = await coffer.do(
        operator,
        "sendBackSuspense",
        "suspenseItem { state }",
        suspenseItemId=second["id"],
        reason="nobody knows it",
    )
    assert sent["suspenseItem"] == {"state": "SENDING_BACK"}
    position = await coffer.ask(
        operator,
        """{ ledgerPosition { currency isBalanced inTransit { amount } inSuspense { amount }
            suspenseDebt { amount } } }""",
    )
    (yuan,) = [each for each in position["ledgerPosition"] if each["currency"] == CNY]
    assert yuan == {
        "currency": CNY,
        "isBalanced": True,
        "inTransit": {"amount": "2.00"},
        "inSuspense": {"amount": "0.00"},
        "suspenseDebt": {"amount": "0.00"},
    }
    await pursue_open(house)
