"""A house with two of everything: what is one's own, and what is somebody else's.

Each half of it is a customer, a sales platform and a lottery centre who have to do with one
another and with nobody of the other half, and whatever the services make of that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from graphql_schema.relay import NodeKind
from models import (
    Account,
    ApiKey,
    BankInstruction,
    Customer,
    RefreshToken,
    Session,
    StaffMember,
    SuspenseItem,
    Webhook,
    WinningTicket,
)
from models.kinds import (
    ApiKeyScope,
    CodePurpose,
    LimitKind,
    Notice,
    Permission,
    StaffKind,
    StaffStanding,
)
from services.accounts.close_account import CloseAccount, close_account
from services.accounts.deposit import DepositOrder, deposit
from services.accounts.exclude_myself import ExcludeMyself, exclude_myself
from services.accounts.finish_closings import finish_closings
from services.accounts.freeze import freeze_account
from services.accounts.lift_lost_report import LiftLostReport, lift_lost_report
from services.accounts.open_account import OpenAccount, open_account
from services.accounts.report_lost import report_lost
from services.accounts.request_withdrawal import WithdrawalOrder, request_withdrawal
from services.accounts.set_self_limit import SetLimit, set_self_limit
from services.accounts.unfreeze import unfreeze_account
from services.actors import NOBODY, SYSTEM, Actor, ActorKind
from services.audit import record_attempt
from services.bank import BankNews, BankOutcome, BankState
from services.banking.attribute_suspense import AttributeSuspense, attribute_suspense
from services.banking.conclude import conclude, hear
from services.banking.pursue import pursue_open
from services.banking.unbind_card import unbind_card
from services.ledger.books import Books
from services.ledger.command import Body
from services.lottery.close_draw import close_draw
from services.lottery.confirm_tickets import ConfirmTickets, confirm_tickets
from services.lottery.fund_pool import FundPool, fund_pool
from services.lottery.pay_draw import pay_draw
from services.lottery.purchase import purchase
from services.lottery.refund_purchase import RefundPurchase, refund_purchase
from services.lottery.revoke_mandate import revoke_mandate
from services.lottery.run_payouts import run_payouts
from services.parameters import ParameterName
from services.partners.create_api_key import CreateApiKey, create_api_key
from services.partners.resume import resume_partner
from services.partners.revoke_api_key import revoke_api_key
from services.partners.rotate_api_key import RotateApiKey, rotate_api_key
from services.partners.suspend import suspend_partner
from services.partners.warn_expiring_keys import warn_expiring_keys
from services.passwords import hash_password
from services.people.codes import keep_code
from services.people.notices import notify
from services.people.persons import person_of
from services.people.set_payment_pin import FirstPin, set_payment_pin
from services.secrets import secret_hash
from services.staff.set_parameter import set_parameter
from services.webhooks.give_up import disable
from tests.factories import (
    CNY,
    HOLDER,
    HouseUnderTest,
    a_card,
    a_centre,
    a_customer,
    a_draw,
    a_key,
    a_mandate,
    a_member,
    a_platform,
    a_role,
    a_session,
    a_supervisor,
    an_account,
    an_operator,
    an_order,
    given,
    id_of,
    new_id,
    opening_data,
    publish,
    stepped_up,
)
from tests.people.access import PASSWORD, PIN
from tests.resolvers.asking import gid, row_id_of
from tests.webhooks.helpers import a_dead_letter, a_webhook

CODE = "31415926"
"""The code that was mailed to everybody, for everything."""


class Column(StrEnum):
    """The kinds of callers that the table has a column for."""

    NOBODY = "nobody"
    CUSTOMER = "customer"
    PLATFORM = "sales platform"
    CENTRE = "lottery centre"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Half:
    """One customer, one platform, one centre, and what is theirs, by the names of the inputs.

    Attributes:
        actors: Who calls, by column; the two people of the house are this half's too.
        ids: Global ids and texts, by name.
        of: What bears the same name for each of them and is another thing, by column.
    """

    actors: dict[Column, Actor]
    ids: dict[str, str]
    of: dict[Column, dict[str, str]]

    def __getitem__(self, name: str) -> str:
        """Return an id or a text by its name."""
        return self.ids[name]

    def seen_by(self, column: Column) -> "Half":
        """Return the same, where what is the caller's own is what this caller's kind has."""
        return replace(self, ids=self.ids | self.of.get(column, {}))


@dataclass(frozen=True, slots=True)
class World:
    """Everybody, and both halves."""

    own: Half
    others: Half
    idle: Actor
    """An operator whose only role permits nothing."""
    specialists: dict[Permission, Actor]
    """Operators with one permission each."""
    pairs: dict[Permission, Actor]
    """Operators with one permission each, and that to see customers."""
    sessions: dict[UUID, dict[str, str]]
    """What people have of their own who are in neither half, by who they are."""

    def halves(self, actor: Actor, column: Column) -> tuple[Half, Half]:
        """Return what is a caller's own, and what is somebody else's."""
        own, others = self.own.seen_by(column), self.others.seen_by(column)
        if actor.id in self.sessions:
            own = replace(own, ids=own.ids | self.sessions[actor.id])
        return own, others


async def a_world(house: HouseUnderTest) -> World:
    """Let everything happen once in each half."""
    await set_parameter(
        house, SYSTEM, ParameterName.PRIZE_POOL_THRESHOLD_MINOR, 1_000_000_00, "for the walk"
    )
    customers = [await who_was_excluded(house) for _ in range(2)]
    house.clock.advance(days=2)
    own, others = [await a_half(house, customer, opening) for customer, opening in customers]
    specialists = {
        permission: await a_person(house, await an_operator(house, permission))
        for permission in Permission
    }
    await record_attempt(house, own.actors[Column.CUSTOMER], "payDraw")
    customers_too: dict[Permission, Actor] = {
        permission: await an_operator(house, permission, Permission.SEE_CUSTOMERS)
        for permission in Permission
        if permission is not Permission.SEE_CUSTOMERS
    }
    nothing = await a_role(house)
    member = await a_member(house, StaffKind.OPERATOR, nothing.id)
    idle = await a_person(house, Actor(ActorKind.OPERATOR, member.id))
    sessions = {
        id_of(actor): await another_session(house, actor) for actor in (idle, *specialists.values())
    }
    return World(own, others, idle, specialists, customers_too, sessions)


async def who_was_excluded(house: HouseUnderTest) -> tuple[Actor, OpenAccount]:
    """Let somebody open an account and keep away from the game for a day."""
    await set_parameter(house, SYSTEM, ParameterName.EXCLUSION_MIN_DAYS, 1)
    customer = await a_customer(house)
    opening = opening_data(holder_name=HOLDER)
    await open_account(house, customer, opening)
    until = house.clock() + timedelta(days=1)
    await exclude_myself(house, customer, ExcludeMyself(a_key(), until))
    return customer, opening


async def a_half(house: HouseUnderTest, customer: Actor, opening: OpenAccount) -> Half:
    """Let everything happen once among a customer, a platform and a centre."""
    customer = await a_person(house, customer)
    platform, platforms = await a_partners_things(house, await a_platform(house))
    centre, centres = await a_partners_things(house, await a_centre(house))
    await fund_pool(house, centre, FundPool(a_key(), 1_000_003_00, CNY))
    ids = {"email": (await Customer.get(id=id_of(customer))).email}
    ids |= await an_account_with_a_past(house, customer, platform, opening)
    spare_id = await an_account(house, customer, currency="USD")
    ids["spareAccount"] = gid(NodeKind.ACCOUNT, spare_id)
    ids |= await a_lottery(house, customer, platform, centre, UUID(ids.pop("accountRow")))
    ids |= await money_for_nobody(house, row_id_of(ids["account"]))
    ids |= await mailed_codes(house, customer)
    operator = await a_person(house, await an_operator(house))
    supervisor = await a_person(house, await a_supervisor(house))
    ids |= await a_staff(house)
    people = {
        Column.CUSTOMER: customer,
        Column.OPERATOR: operator,
        Column.SUPERVISOR: supervisor,
    }
    of = {column: await another_session(house, who) for column, who in people.items()}
    return Half(
        people | {Column.NOBODY: NOBODY, Column.PLATFORM: platform, Column.CENTRE: centre},
        ids | platforms | of[Column.CUSTOMER],
        of | {Column.PLATFORM: platforms, Column.CENTRE: centres},
    )


async def a_person(house: HouseUnderTest, actor: Actor) -> Actor:
    """Let somebody have a password, a session that has stepped up, and a notice."""
    model = Customer if actor.kind is ActorKind.CUSTOMER else StaffMember
    await model.filter(id=actor.id).update(password_hash=await hash_password(PASSWORD))
    if actor.kind is ActorKind.CUSTOMER:
        await Customer.filter(id=actor.id).update(email_verified_at=house.clock())
        await set_payment_pin(house, actor, FirstPin(a_key(), PASSWORD, PIN))
    else:
        person = await person_of(actor)

        def decide(books: Books) -> Body:
            notify(books, person, Notice.PASSWORD_CHANGED, "en")
            return {}

        await given(house, decide)
    session_id = await a_session(house, actor)
    await Session.filter(id=session_id).update(network="203.0.113.0/24", user_agent="Browser 1")
    return replace(stepped_up(actor, house), credential_id=session_id)


async def another_session(house: HouseUnderTest, actor: Actor) -> dict[str, str]:
    """Open another session of somebody's, and return how it is named and gone on with."""
    session_id = await a_session(house, actor)
    refresh_token = f"refresh {session_id}"
    await RefreshToken.create(
        id=new_id(),
        session_id=session_id,
        token_hash=secret_hash(refresh_token),
        issued_at=house.clock(),
    )
    return {"session": gid(NodeKind.SESSION, session_id), "refreshToken": refresh_token}


async def mailed_codes(house: HouseUnderTest, customer: Actor) -> dict[str, str]:
    """Have a code mailed for everything that there are codes for."""
    ids = {purpose: new_id() for purpose in CodePurpose}
    for purpose, code_id in ids.items():
        await keep_code(house, code_id, purpose, customer.kind, id_of(customer), CODE)
    return {"recovery": str(ids[CodePurpose.RESET_PASSWORD])}


async def a_partners_things(house: HouseUnderTest, partner: Actor) -> tuple[Actor, dict[str, str]]:
    """Let a partner have keys, webhooks, and news of both; return who calls with the first key."""
    keys = []
    few = frozenset({ApiKeyScope.MANAGE_KEYS})
    for scopes, days in ((partner.scopes, 365), (few, 3)):
        expires_at = house.clock() + timedelta(days=days)
        request = CreateApiKey(a_key(), "A key", scopes, expires_at)
        made = await create_api_key(house, partner, request)
        keys.append(UUID(made.answered.body["api_key"]["id"]))
    await warn_expiring_keys(house)
    await ended_keys(house, partner)
    lost_id = await a_webhook(house, partner)
    lost = await Webhook.get(id=lost_id)
    await disable(house, lost, "Gone")
    now = house.clock()
    await Webhook.filter(id=lost_id).update(
        failing_since=now,
        last_attempt_at=now,
        last_success_at=now,
        last_error="HTTP 410",
        old_secret_until=now + timedelta(days=1),
    )
    webhook_id = await a_webhook(house, partner)
    soon = now + timedelta(minutes=1)
    await Webhook.filter(id=webhook_id).update(attempts=1, failing_since=now, next_attempt_at=soon)
    letter = await a_dead_letter(house, webhook_id)
    operator = await an_operator(house)
    await suspend_partner(house, operator, a_key(), id_of(partner), "for a while")
    await resume_partner(house, operator, a_key(), id_of(partner), "it is well again")
    things = {
        "apiKey": gid(NodeKind.API_KEY, keys[1]),
        "partner": gid(NodeKind.PARTNER, id_of(partner)),
        "webhook": gid(NodeKind.WEBHOOK, webhook_id),
        "deadLetter": gid(NodeKind.DEAD_LETTER, letter.id),
    }
    return replace(partner, credential_id=keys[0]), things


async def ended_keys(house: HouseUnderTest, partner: Actor) -> None:
    """Let a partner have a key that was used, replaced, and revoked."""
    request = CreateApiKey(a_key(), "Of old", frozenset({ApiKeyScope.MANAGE_KEYS}))
    made = await create_api_key(house, partner, request)
    key_id = UUID(made.answered.body["api_key"]["id"])
    await ApiKey.filter(id=key_id).update(last_used_at=house.clock())
    await rotate_api_key(house, partner, RotateApiKey(a_key(), key_id))
    await revoke_api_key(house, partner, a_key(), key_id)


async def an_account_with_a_past(
    house: HouseUnderTest, customer: Actor, platform: Actor, opening: OpenAccount
) -> dict[str, str]:
    """Let a customer close the account and open another, and whatever happens to accounts."""
    identity = opening.identity_number
    old_id = (await Account.get(customer_id=id_of(customer))).id
    card_id = await a_card(house, customer)
    await deposit(house, customer, DepositOrder(a_key(), old_id, 5_00, CNY, card_id))
    await a_mandate(house, customer, old_id, platform)
    await revoke_mandate(house, customer, a_key(), old_id, id_of(platform))
    house.bank.refuses = "not today"
    await closed(house, customer, CloseAccount(a_key(), old_id, card_id))
    house.bank.refuses = None
    emptied = await closed(house, customer, CloseAccount(a_key(), old_id, card_id))
    await conclude(house, emptied, BankOutcome(BankState.RETURNED, a_key(), "no such card"))
    again = await open_account(house, customer, replace(opening, key=a_key()))
    account_id = UUID(again.body["account"]["id"])
    spare_id = await a_card(house, customer)
    await unbind_card(house, customer, a_key(), await a_card(house, customer))
    deposits = [
        await deposit(house, customer, DepositOrder(a_key(), account_id, 500_00, CNY, card_id))
        for _ in range(2)
    ]
    taken_back = await instruction(deposits[0].body["deposit"]["id"])
    await conclude(house, taken_back, BankOutcome(BankState.RETURNED, a_key(), "stolen"))
    withdrawal = None
    for outcome in (BankState.SETTLED, BankState.RETURNED):
        order = WithdrawalOrder(a_key(), account_id, card_id, 1_00, CNY)
        withdrawal = await request_withdrawal(house, customer, order)
        await pursue_open(house)
        begun = await instruction(withdrawal.body["withdrawal"]["id"])
        await conclude(house, begun, BankOutcome(outcome, a_key(), "no such account"))
    assert withdrawal is not None
    for limit_minor in (9_000_00, 9_500_00):
        limit = SetLimit(a_key(), account_id, LimitKind.PURCHASES_PER_DAY, limit_minor, CNY)
        await set_self_limit(house, customer, limit)
    await freeze_account(house, customer, a_key(), account_id)
    await unfreeze_account(house, customer, a_key(), account_id)
    await report_lost(house, customer, a_key(), account_id)
    await lift_lost_report(house, customer, LiftLostReport(a_key(), account_id, identity))
    return {
        "accountRow": str(account_id),
        "account": gid(NodeKind.ACCOUNT, account_id),
        "identity": identity,
        "card": gid(NodeKind.BANK_CARD, card_id),
        "spareCard": gid(NodeKind.BANK_CARD, spare_id),
        "customer": gid(NodeKind.CUSTOMER, id_of(customer)),
        "deposit": gid(NodeKind.DEPOSIT, deposits[1].body["deposit"]["id"]),
        "withdrawal": gid(NodeKind.WITHDRAWAL, withdrawal.body["withdrawal"]["id"]),
    }


async def closed(house: HouseUnderTest, customer: Actor, request: CloseAccount) -> BankInstruction:
    """Have an account closed, as far as the bank lets it; return what the bank was told."""
    closing = await close_account(house, customer, request)
    await pursue_open(house)
    await finish_closings(house)
    house.clock.advance(seconds=1)
    return await instruction(closing.body["withdrawal"]["id"])


async def instruction(instruction_id: str) -> BankInstruction:
    return await BankInstruction.get(id=UUID(instruction_id))


async def a_lottery(
    house: HouseUnderTest, customer: Actor, platform: Actor, centre: Actor, account_id: UUID
) -> dict[str, str]:
    """Let tickets be sold, confirmed, refunded, drawn and paid, in draws of every state."""
    await a_mandate(house, customer, account_id, platform)
    await revoke_mandate(house, customer, a_key(), account_id, id_of(platform))
    mandate = await a_mandate(house, customer, account_id, platform)
    paid, won, closed, open_ = [await a_draw(house, centre) for _ in range(4)]
    serials = {}
    for draw_id in (paid, won, closed):
        bought = await sold(house, platform, account_id, draw_id)
        serials[draw_id] = bought["tickets"][0]["serial"]
        await close_draw(house, centre, a_key(), draw_id)
    for draw_id in (paid, won):
        await publish(house, centre, draw_id, [(serials[draw_id], 5_00)])
    operator = await an_operator(house)
    run = await pay_draw(house, operator, a_key(), paid)
    await run_payouts(house)
    confirmed = await sold(house, platform, account_id, open_, serials=[None])
    ticket_id = UUID(confirmed["tickets"][0]["id"])
    order = ConfirmTickets(a_key(), UUID(confirmed["transaction"]["id"]), ((ticket_id, "C-1"),))
    await confirm_tickets(house, platform, order)
    refunded = await sold(house, platform, account_id, open_)
    given_back = RefundPurchase(a_key(), UUID(refunded["transaction"]["id"]), "as asked")
    await refund_purchase(house, platform, given_back)
    waiting = await sold(house, platform, account_id, open_, serials=[None])
    winning = await WinningTicket.get(draw_id=won)
    return {
        "mandate": gid(NodeKind.MANDATE, mandate.body["mandate"]["id"]),
        "platform": gid(NodeKind.PARTNER, id_of(platform)),
        "centre": gid(NodeKind.PARTNER, id_of(centre)),
        "openDraw": gid(NodeKind.DRAW, open_),
        "closedDraw": gid(NodeKind.DRAW, closed),
        "closedSerial": serials[closed],
        "wonDraw": gid(NodeKind.DRAW, won),
        "wonSerial": serials[won],
        "winningTicket": gid(NodeKind.WINNING_TICKET, winning.id),
        "purchase": gid(NodeKind.TRANSACTION, waiting["transaction"]["id"]),
        "reference": waiting["transaction"]["reference"],
        "ticket": gid(NodeKind.TICKET, waiting["tickets"][0]["id"]),
        "payoutRun": gid(NodeKind.PAYOUT_RUN, run.body["payout_run"]["id"]),
    }


async def sold(
    house: HouseUnderTest,
    platform: Actor,
    account_id: UUID,
    draw_id: UUID,
    serials: Sequence[str | None] | None = None,
) -> Body:
    """Have a ticket sold, and return the answer's body."""
    return (await purchase(house, platform, an_order(account_id, draw_id, serials=serials))).body


async def money_for_nobody(house: HouseUnderTest, account_id: UUID) -> dict[str, str]:
    """Let money arrive for nobody that is known, twice; the first time it is attributed."""
    known, reference = a_key(), a_key()
    for each in (known, reference):
        await hear(house, BankNews(each, BankState.SETTLED, 5_00, CNY))
    item = await SuspenseItem.get(reference=known)
    order = AttributeSuspense(a_key(), item.id, account_id, "as the bank says")
    await attribute_suspense(house, await an_operator(house), order)
    item = await SuspenseItem.get(reference=reference)
    return {"suspense": gid(NodeKind.SUSPENSE_ITEM, item.id)}


async def a_staff(house: HouseUnderTest) -> dict[str, str]:
    """Let there be colleagues of every standing, and a role that nobody holds."""
    role = await a_role(house, Permission.MANAGE_STAFF)
    colleague = await a_member(house, StaffKind.OPERATOR)
    gone = await a_member(house, StaffKind.OPERATOR, standing=StaffStanding.DEACTIVATED)
    invited = await a_member(house, StaffKind.OPERATOR, standing=StaffStanding.INVITED)
    code = f"coffer_invitation_{invited.id}"
    await StaffMember.filter(id=invited.id).update(
        password_hash=None,
        active_since=None,
        invitation_hash=secret_hash(code),
        invited_until=house.clock() + timedelta(days=3),
    )
    return {
        "role": gid(NodeKind.ROLE, role.id),
        "colleague": gid(NodeKind.STAFF_MEMBER, colleague.id),
        "gone": gid(NodeKind.STAFF_MEMBER, gone.id),
        "invited": gid(NodeKind.STAFF_MEMBER, invited.id),
        "invitation": code,
    }
