"""A house to test in, and the people, partners, money and draws that a test needs in it.

    async with house_on(database_url) as house:
        player = await a_customer(house)
        account_id = await an_account(house, player, balance_minor=50_00)
        platform = await a_platform(house)
        house.clock.advance(minutes=5)
        async with refused(house, RefusalCode.MANDATE_MISSING, "accountId"):
            await purchase(house, platform, an_order(account_id, draw_id))

Time stands still until a test moves it, ids count upwards, and the bank does as it is told. When
the house closes, its books are audited: a test that leaves them wrong fails.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import orjson
import pytest
from stdnum import luhn
from tortoise.models import Model

import models
from app.adapters.local_throttle import LocalThrottle
from app.database import connected
from models import (
    Account,
    Block,
    Customer,
    Entry,
    FeedEvent,
    Line,
    Partner,
    Profile,
    Role,
    Session,
    StaffMember,
    StaffRole,
    Transaction,
    Wallet,
)
from models.currencies import system_wallet_id
from models.engines import Row, Table, open_engine
from models.kinds import (
    SUPERVISORS_MAY,
    ApiKeyScope,
    BlockKind,
    BlockState,
    DrawState,
    EntryKind,
    GrantState,
    IdentityKind,
    PartnerKind,
    Permission,
    RoleState,
    SessionState,
    StaffKind,
    StaffStanding,
    TransactionType,
    WalletKind,
    WalletStatus,
)
from models.staff import ADMINISTRATOR_ROLE_ID
from services.accounts.blocks import status_of
from services.accounts.identity import Identity
from services.accounts.open_account import OpenAccount
from services.accounts.profiles import sealed_profile
from services.actors import SYSTEM, Actor, ActorKind, partner_actor
from services.bank import (
    BankNews,
    BankOrder,
    BankOutcome,
    BankState,
    BankUnavailable,
    StatementLine,
)
from services.banking.bind_card import BindCard, bind_card
from services.courier import CannotDeliver, Receipt
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Body, Command, Key
from services.ledger.desk import Desk
from services.ledger.postings import Move
from services.ledger.transactions import write_transaction
from services.lottery.close_draw import close_draw
from services.lottery.grant_mandate import MandateGrant, grant_mandate
from services.lottery.open_draw import OpenDraw, open_draw
from services.lottery.purchase import PickedTicket, PurchaseOrder, purchase
from services.lottery.upload_winning_tickets import UploadWinningTickets, upload_winning_tickets
from services.mail import Letter, MailUnavailable
from services.parameters import ParameterName, Parameters
from services.partners.create_partner import create_partner
from services.refusals import RefusalCode, Refused
from services.staff.permissions import named
from services.staff.set_parameter import set_parameter as set_it
from services.vault import Keyring, Purpose, Vault
from services.webhooks.addresses import read_url
from tests.residents import BORN, identity_number

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""When every test begins: noon where the business day is counted."""

ZONE = ZoneInfo("Asia/Shanghai")
CNY = "CNY"
HOLDER = "Zhang Wei"
"""In whose name the accounts are that tests open."""

T = TypeVar("T")

_numbers = itertools.count(1)
_ROOT = 0x0199_0000_0000 << 80 | 0x7 << 76 | 0x2 << 62


def new_id() -> UUID:
    """Return the next id of this test run: a UUIDv7 by its looks, one higher each time."""
    return UUID(int=_ROOT + next(_numbers))


def a_key() -> str:
    """Return an idempotency key that nobody has used."""
    return f"key-{next(_numbers)}"


def a_vault(keyring: Keyring | None = None) -> Vault:
    """Return a vault with these keys, or with keys of its own."""
    keys = keyring or Keyring.fresh()
    return Vault(lambda: keys)


class HandClock:
    """A clock that stands still until it is moved by hand."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the present."""
        return self.now

    def advance(self, **duration: float) -> datetime:
        """Move on by ``days=``, ``hours=``, ``minutes=``, ``seconds=`` (back, below zero)."""
        self.now += timedelta(**duration)
        return self.now


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that the courier was given."""

    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        """The message, read."""
        read: dict[str, Any] = orjson.loads(self.body)
        return read


@dataclass
class ObedientBank:
    """A bank that does as the test says: settles at once, waits, refuses, or cannot be reached.

    ``taken`` is what it collected, ``paid`` what it paid, each once for an instruction; ``sent``
    every order that reached it, ``calls`` the instructions it was asked for; ``lines`` its
    statement.
    """

    refuses: str | None = None
    unavailable: bool = False
    waits: bool = False
    needs_card: bool = False
    is_there: bool = True
    answers: dict[UUID, BankOutcome] = field(default_factory=dict)
    taken: dict[UUID, tuple[int, str]] = field(default_factory=dict)
    paid: dict[UUID, tuple[int, str]] = field(default_factory=dict)
    sent: list[BankOrder] = field(default_factory=list)
    calls: list[UUID] = field(default_factory=list)
    lines: list[StatementLine] = field(default_factory=list)

    async def collect(self, order: BankOrder) -> BankOutcome:
        """Take the money, or give the answer that was given to this instruction before."""
        return self._answer(order, self.taken)

    async def pay(self, order: BankOrder) -> BankOutcome:
        """Pay the money, or give the answer that was given to this instruction before."""
        return self._answer(order, self.paid)

    async def status(self, instruction_id: UUID) -> BankOutcome:
        """Tell what was answered, if anything was."""
        self.calls.append(instruction_id)
        if self.unavailable:
            raise BankUnavailable
        return self.answers.get(instruction_id, BankOutcome(BankState.UNKNOWN))

    async def statement(self, after: int) -> Sequence[StatementLine]:
        """Return the lines that a test has put there."""
        if self.unavailable:
            raise BankUnavailable
        return [line for line in self.lines if line.position > after]

    def writes(self, news: BankNews) -> None:
        """Put a line on the statement."""
        self.lines.append(StatementLine(len(self.lines) + 1, news))

    def _answer(self, order: BankOrder, moved: dict[UUID, tuple[int, str]]) -> BankOutcome:
        self.calls.append(order.id)
        if self.unavailable:
            raise BankUnavailable
        self.sent.append(order)
        if order.id not in self.answers:
            self.answers[order.id] = self._first_answer()
            if self.answers[order.id].state is BankState.SETTLED:
                moved[order.id] = (order.amount_minor, order.currency)
        return self.answers[order.id]

    def _first_answer(self) -> BankOutcome:
        if self.refuses is not None:
            return BankOutcome(BankState.REFUSED, reason=self.refuses)
        return BankOutcome(BankState.ACCEPTED if self.waits else BankState.SETTLED)


@dataclass
class RememberingMail:
    """A mail that remembers what it sent, or cannot be reached, as the test says."""

    unavailable: bool = False
    letters: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> None:
        """Remember a letter."""
        if self.unavailable:
            raise MailUnavailable("as the test says")
        self.letters.append(letter)


@dataclass
class ObedientCourier:
    """A courier that goes nowhere, and is answered as the test says: 200, unless told otherwise.

    ``posted`` is what it was given, ``answers`` what comes back for the next messages, in order.
    """

    always: int = 200
    answers: list[Receipt | CannotDeliver] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)

    async def check(self, url: str) -> None:
        """Judge an address by its form alone."""
        read_url(url)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Keep the message, and give the next answer."""
        self.posted.append(Posted(url, dict(headers), body))
        answer = self.answers.pop(0) if self.answers else Receipt(self.always)
        if isinstance(answer, CannotDeliver):
            raise answer
        return answer


@dataclass(frozen=True, slots=True)
class HouseUnderTest(House):
    """A house whose clock, bank, mail and courier are in the test's hands."""

    clock: HandClock
    bank: ObedientBank
    mail: RememberingMail
    courier: ObedientCourier
    url: str

    @property
    def on_postgres(self) -> bool:
        """Whether the database is PostgreSQL, where several processes may write."""
        return not self.url.startswith("sqlite")


@asynccontextmanager
async def house_on(
    url: str, *, audited: bool = True, on_commit: Callable[[], None] = lambda: None
) -> AsyncIterator[HouseUnderTest]:
    """Open a house on a fresh, migrated database, and audit its books when the test is through.

    Args:
        url: Such as the ``database_url`` fixture gives.
        audited: Whether the books must be right in the end.
        on_commit: What the desk calls after each commit.
    """
    async with connected(url):
        clock = HandClock()
        desk = Desk(open_engine(url), clock, new_id, on_commit)
        await desk.open()
        house = HouseUnderTest(
            desk=desk,
            bank=ObedientBank(),
            parameters=Parameters(),
            clock=clock,
            new_id=new_id,
            zone=ZONE,
            vault=a_vault(),
            mail=RememberingMail(),
            throttle=LocalThrottle(),
            courier=ObedientCourier(),
            url=url,
        )
        try:
            yield house
        finally:
            await desk.close()
        if audited:
            await audit()


@asynccontextmanager
async def beside(
    house: HouseUnderTest, clock: HandClock | None = None
) -> AsyncIterator[HouseUnderTest]:
    """Open a second house on the same database, as another process would: a desk of its own.

    Args:
        house: The first one, whose bank it shares.
        clock: Its own clock, where it is to differ.
    """
    clock = clock or house.clock
    desk = Desk(open_engine(house.url), clock, new_id)
    await desk.open()
    try:
        yield HouseUnderTest(
            desk=desk,
            bank=house.bank,
            parameters=Parameters(),
            clock=clock,
            new_id=new_id,
            zone=house.zone,
            vault=house.vault,
            mail=house.mail,
            throttle=house.throttle,
            courier=house.courier,
            url=house.url,
        )
    finally:
        await desk.close()


# People and partners


async def a_customer(house: HouseUnderTest, email: str | None = None) -> Actor:
    """Put a customer there (who cannot sign in: the password is nobody's), and return who calls."""
    customer = await Customer.create(
        id=new_id(),
        email=email or f"player-{next(_numbers)}@example.com",
        password_hash="-",
        signed_up_at=house.clock(),
    )
    return customer_actor(customer.id)


def customer_actor(customer_id: UUID) -> Actor:
    """Return a customer as a caller."""
    return Actor(ActorKind.CUSTOMER, customer_id)


async def a_partner(
    house: HouseUnderTest, kind: PartnerKind, name: str | None = None, currency: str = CNY
) -> Actor:
    """Take a partner in, and return who calls."""
    row, _ = await create_partner(house, kind, name or f"{kind} {next(_numbers)}", currency)
    return partner_actor(UUID(row["id"]), kind)


async def a_platform(house: HouseUnderTest, name: str | None = None, currency: str = CNY) -> Actor:
    """Take a sales platform in, and return who calls."""
    return await a_partner(house, PartnerKind.SALES_PLATFORM, name, currency)


def limited(actor: Actor, *scopes: ApiKeyScope) -> Actor:
    """Return a partner that calls with a key of these scopes alone."""
    return replace(actor, scopes=frozenset(scopes))


async def an_operator(house: HouseUnderTest, *permissions: Permission) -> Actor:
    """Put an operator there with these permissions (all, when none is named); return who calls."""
    if permissions:
        role = await a_role(house, *permissions)
        role_id, may = role.id, frozenset(permissions)
    else:
        role_id, may = ADMINISTRATOR_ROLE_ID, frozenset(Permission)
    member = await a_member(house, StaffKind.OPERATOR, role_id)
    return Actor(ActorKind.OPERATOR, member.id, permissions=may)


async def an_idle_operator(house: HouseUnderTest) -> Actor:
    """Put an operator there who holds no role, and return who calls."""
    return Actor(ActorKind.OPERATOR, (await a_member(house, StaffKind.OPERATOR)).id)


async def a_supervisor(house: HouseUnderTest) -> Actor:
    """Put a supervisor there, and return who calls."""
    member = await a_member(house, StaffKind.SUPERVISOR)
    return Actor(ActorKind.SUPERVISOR, member.id, permissions=SUPERVISORS_MAY)


async def a_role(house: HouseUnderTest, *permissions: Permission, name: str = "") -> Role:
    """Put a role there."""
    return await Role.create(
        id=new_id(),
        name=name or f"Role {next(_numbers)}",
        description="Of a test.",
        permissions=named(permissions),
        state=RoleState.OFFERED,
        created_by="test",
        created_at=house.clock(),
    )


async def a_member(
    house: HouseUnderTest,
    kind: StaffKind,
    *role_ids: UUID,
    standing: StaffStanding = StaffStanding.ACTIVE,
) -> StaffMember:
    """Put a member of the staff there (who cannot sign in: the password is nobody's)."""
    number = next(_numbers)
    member = await StaffMember.create(
        id=new_id(),
        kind=kind,
        name=f"Member {number}",
        email=f"member-{number}@example.com",
        standing=standing,
        password_hash="-",
        created_by="test",
        created_at=house.clock(),
        active_since=house.clock(),
    )
    for role_id in role_ids:
        await StaffRole.create(
            id=new_id(),
            member_id=member.id,
            role_id=role_id,
            state=GrantState.HELD,
            given_by="test",
            given_at=house.clock(),
        )
    return member


async def a_session(house: HouseUnderTest, actor: Actor) -> UUID:
    """Put a session of somebody's there (whose tokens nobody knows), and return its id."""
    now = house.clock()
    session = await Session.create(
        id=new_id(),
        person_kind=actor.kind,
        person_id=id_of(actor),
        state=SessionState.OPEN,
        token_hash=f"of nobody {next(_numbers)}",
        token_expires_at=now + timedelta(minutes=15),
        started_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=1),
        language="en",
    )
    return UUID(str(session.id))


def stepped_up(actor: Actor, house: HouseUnderTest) -> Actor:
    """Return a customer who has just proved with the PIN who they are."""
    return replace(actor, stepped_up_until=house.clock() + timedelta(minutes=5))


async def a_centre(
    house: HouseUnderTest, name: str | None = None, currency: str = CNY, *, pool_minor: int = 0
) -> Actor:
    """Take a lottery centre in, with money in its prize pool, and return who calls."""
    centre = await a_partner(house, PartnerKind.LOTTERY_CENTRE, name, currency)
    if pool_minor:
        await give(house, EntryKind.POOL_FUNDING, id_of(centre), pool_minor, currency)
    return centre


def id_of(actor: Actor) -> UUID:
    """Return the id of somebody: of a partner, its wallet's too."""
    assert actor.id is not None
    return actor.id


# Money


async def given(house: House, decide: Callable[[Books], Body], *wallets: UUID) -> Answered:
    """Have the desk do something that no service does: a test's own command, under a fresh key."""
    key = Key.of("test", "given", a_key(), {})
    return await house.desk.submit(Command(key=key, decide=decide, wallets=wallets))


async def give(
    house: House, kind: EntryKind, wallet_id: UUID, amount_minor: int, currency: str = CNY
) -> UUID:
    """Bring money from the bank into a wallet, and return the entry's id."""
    bank_id = system_wallet_id(WalletKind.BANK, currency)

    def decide(books: Books) -> Body:
        posted = books.post(kind, Move(bank_id, wallet_id, amount_minor))
        if kind is EntryKind.DEPOSIT:
            after = posted.wallets[wallet_id]
            write_transaction(books, posted, after, TransactionType.DEPOSIT, amount_minor)
        return {"id": posted.entry_id}

    answered = await given(house, decide, bank_id, wallet_id)
    return UUID(answered.body["id"])


def an_identity_number(born: date = BORN) -> str:
    """Return the identity number of somebody new who was born on this day."""
    return identity_number(next(_numbers), born)


def opening_data(**changes: Any) -> OpenAccount:  # noqa: ANN401 - fields of the request
    """Return what a customer fills in to open an account: somebody new, unless given."""
    request: dict[str, Any] = {
        "key": a_key(),
        "currency": CNY,
        "holder_name": "王小明",
        "phone": "+8613800000000",
        "identity_kind": IdentityKind.RESIDENT_ID,
    }
    if "identity_number" not in changes:
        changes["identity_number"] = an_identity_number()
    return OpenAccount(**request | changes)


async def an_account(
    house: House,
    customer: Actor,
    balance_minor: int = 0,
    currency: str = CNY,
    *,
    of: str | None = None,
) -> UUID:
    """Open a lottery account for a customer, with money in it, and return its id.

    Args:
        house: The means.
        customer: Whose.
        balance_minor: What the bank brings into it.
        currency: Of the account.
        of: The holder's identity number; by default the identity of the customer's others.
    """
    account_id = new_id()
    other = await Account.filter(customer_id=id_of(customer)).first()
    number = of or an_identity_number()
    identity = Identity(IdentityKind.RESIDENT_ID, number, BORN)
    fingerprint = house.vault.fingerprint(Purpose.IDENTITY_NUMBER, identity.text)

    def decide(books: Books) -> Body:
        books.open_wallet(WalletKind.LOTTERY, currency, id_of(customer), account_id)
        books.insert(
            Table.of(Account),
            {
                "id": account_id,
                "number": f"6{next(_numbers):015}",
                "customer_id": id_of(customer),
                "kind": WalletKind.LOTTERY,
                "currency": currency,
                "live_currency": currency,
                "identity": fingerprint if of or other is None else other.identity,
                "opened_at": books.now,
                "closing_at": None,
                "closed_at": None,
            },
        )
        profile = sealed_profile(house.vault, identity, HOLDER, "+8613800000000")
        books.insert(Table.of(Profile), profile | {"id": account_id})
        return {}

    await given(house, decide)
    if balance_minor:
        await give(house, EntryKind.DEPOSIT, account_id, balance_minor, currency)
    return account_id


def a_card_number() -> str:
    """Return a card number that nobody has bound: 16 digits, the last of which checks the rest."""
    body = f"62220{next(_numbers):010}"
    return body + luhn.calc_check_digit(body)


async def a_card(house: HouseUnderTest, customer: Actor, number: str = "") -> UUID:
    """Bind a card of a customer's, who has an account, and return its id."""
    request = BindCard(a_key(), number or a_card_number(), HOLDER)
    answered = await bind_card(house, stepped_up(customer, house), request)
    return UUID(answered.body["card"]["id"])


async def close(account_id: UUID) -> None:
    """Close an account with nothing around it: no money arrives or leaves any more."""
    await Account.filter(id=account_id).update(closed_at=NOON, live_currency=None)
    await Wallet.filter(id=account_id).update(status=WalletStatus.CLOSED)


async def block(house: House, account_id: UUID) -> Answered:
    """Freeze an account with nothing around it: its outflows stop."""

    def decide(books: Books) -> Body:
        books.set_status(account_id, WalletStatus.FROZEN)
        books.insert(
            Table.of(Block),
            {
                "id": books.new_id(),
                "account_id": account_id,
                "kind": BlockKind.BY_OPERATOR,
                "state": BlockState.STANDING,
                "placed_by": "test",
                "reason": None,
                "placed_at": books.now,
                "placed_after": books.wallet(account_id).line_count,
                "lifted_by": None,
                "lift_reason": None,
                "lifted_at": None,
                "lifted_after": None,
            },
        )
        return {}

    return await given(house, decide, account_id)


async def drain(house: HouseUnderTest, platform: Actor, *, leave_minor: int = 0) -> None:
    """Take a platform's money away, as a settlement would: here, to an account of nobody's."""
    platform_id = id_of(platform)
    sink_id = await an_account(house, await a_customer(house))
    amount_minor = await balance(platform_id) - leave_minor

    def decide(books: Books) -> Body:
        books.post(EntryKind.REFUND, Move(platform_id, sink_id, amount_minor))
        return {}

    await given(house, decide, platform_id, sink_id)


async def set_parameter(house: House, name: ParameterName, value: int) -> None:
    """Set a system parameter; this house sees it at once."""
    await set_it(house, SYSTEM, name, value)


# The lottery


async def a_draw(
    house: HouseUnderTest,
    centre: Actor,
    *,
    state: DrawState = DrawState.OPEN,
    winners: Sequence[tuple[str, int]] = (),
    currency: str = CNY,
) -> UUID:
    """Open a draw that sells for a day, bring it to a state, and return its id."""
    order = OpenDraw(
        key=a_key(),
        game="Double Colour Ball",
        code=f"2026-{next(_numbers)}",
        sales_close_at=house.clock() + timedelta(days=1),
        currency=currency,
    )
    draw_id = UUID((await open_draw(house, centre, order)).body["draw"]["id"])
    if state is not DrawState.OPEN:
        await close_draw(house, centre, a_key(), draw_id)
    if state is DrawState.PUBLISHED:
        await publish(house, centre, draw_id, winners)
    return draw_id


async def publish(
    house: House, centre: Actor, draw_id: UUID, winners: Sequence[tuple[str, int]] = ()
) -> Answered:
    """Upload winning tickets (serial, prize) of a closed draw, every one of them valid; publish."""
    upload = UploadWinningTickets(a_key(), draw_id, tuple(winners), publish=True)
    answered = await upload_winning_tickets(house, centre, upload)
    assert all(result["code"] is None for result in answered.body["results"])
    return answered


async def a_mandate(
    house: HouseUnderTest,
    customer: Actor,
    account_id: UUID,
    platform: Actor,
    *,
    per_purchase_minor: int = 10_000_00,
    per_day_minor: int = 10_000_00,
    days: int = 365,
) -> Answered:
    """Let a platform debit an account."""
    grant = MandateGrant(
        key=a_key(),
        account_id=account_id,
        partner_id=id_of(platform),
        limit_per_purchase_minor=per_purchase_minor,
        limit_per_day_minor=per_day_minor,
        expires_at=house.clock() + timedelta(days=days),
    )
    return await grant_mandate(house, customer, grant)


def an_order(
    account_id: UUID,
    draw_id: UUID,
    *,
    stakes: Sequence[int] = (2_00,),
    serials: Sequence[str | None] | None = None,
    **changes: Any,  # noqa: ANN401 - fields of the order
) -> PurchaseOrder:
    """Return a payment instruction: a ticket for each stake, with fresh serials unless given."""
    if serials is None:
        serials = [f"S{next(_numbers):08}" for _ in stakes]
    tickets = tuple(
        PickedTicket(draw_id, "01 05 09 12 28 33 + 07", stake, serial)
        for stake, serial in zip(stakes, serials, strict=True)
    )
    order: dict[str, Any] = {
        "key": a_key(),
        "account_id": account_id,
        "reference": f"order-{next(_numbers)}",
        "amount_minor": sum(stakes),
        "currency": CNY,
        "tickets": tickets,
    }
    return PurchaseOrder(**order | changes)


@dataclass(frozen=True, slots=True)
class Scene:
    """A player with 100 CNY and a mandate, at a platform, before an open draw with a pool."""

    player: Actor
    account_id: UUID
    platform: Actor
    centre: Actor
    operator: Actor
    draw_id: UUID

    @property
    def platform_id(self) -> UUID:
        """The platform's id and its wallet's."""
        return id_of(self.platform)

    @property
    def centre_id(self) -> UUID:
        """The centre's id and its prize pool's."""
        return id_of(self.centre)

    async def buys(self, house: House, **order: Any) -> Body:  # noqa: ANN401 - as an_order
        """Buy tickets (see ``an_order``), and return the answer's body."""
        order = {"account_id": self.account_id, "draw_id": self.draw_id} | order
        return (await purchase(house, self.platform, an_order(**order))).body

    async def wins(self, house: House, *prizes_minor: int) -> list[str]:
        """Buy a ticket for each prize, publish the draw with them, and return the serials."""
        bought = await self.buys(house, stakes=[1] * len(prizes_minor))
        serials = [ticket["serial"] for ticket in bought["tickets"]]
        await close_draw(house, self.centre, a_key(), self.draw_id)
        pairs = list(zip(serials, prizes_minor, strict=True))
        for start in range(0, len(pairs), 1000):
            upload = UploadWinningTickets(
                a_key(), self.draw_id, tuple(pairs[start : start + 1000]), publish=False
            )
            await upload_winning_tickets(house, self.centre, upload)
        await publish(house, self.centre, self.draw_id)
        return serials


async def a_scene(
    house: HouseUnderTest, *, balance_minor: int = 100_00, pool_minor: int = 1_000_000_00
) -> Scene:
    """Set the scene that most lottery tests begin with."""
    player = await a_customer(house)
    account_id = await an_account(house, player, balance_minor)
    platform = await a_platform(house)
    await a_mandate(house, player, account_id, platform)
    centre = await a_centre(house, pool_minor=pool_minor)
    draw_id = await a_draw(house, centre)
    return Scene(player, account_id, platform, centre, await an_operator(house), draw_id)


# What happened


async def balance(wallet_id: UUID) -> int:
    """Return a wallet's posted balance in minor units."""
    return int((await Wallet.get(id=wallet_id)).balance_minor)


async def lines_of(entry_id: UUID | str) -> dict[UUID, int]:
    """Return what an entry did: wallet to signed amount."""
    return {line.wallet_id: line.amount_minor for line in await Line.filter(entry_id=entry_id)}


async def events(*audience_prefixes: str) -> list[tuple[str, str]]:
    """Return (kind, audience) of every event in order, of these audiences or all."""
    rows = await FeedEvent.all().order_by("id")
    return [
        (row.kind, row.audience)
        for row in rows
        if not audience_prefixes or row.audience.startswith(audience_prefixes)
    ]


async def dump(*but: type[Model]) -> dict[str, list[Row]]:
    """Return every row of every table, less stored answers, the audit log, and ``but``.

    A refusal is an answer, and may be audited.
    """
    tables: dict[str, list[Row]] = {}
    for name in models.__all__:
        model: type[Model] = getattr(models, name)
        if model not in {models.Answer, models.AuditEntry, *but}:
            rows: list[Row] = await model.all().order_by(model._meta.pk_attr).values()
            tables[name] = rows
    return tables


@asynccontextmanager
async def refused(
    house: House,
    code: RefusalCode,
    *path: str | int,
    **details: Any,  # noqa: ANN401 - JSON values
) -> AsyncIterator[pytest.ExceptionInfo[Refused]]:
    """Expect the block to be refused for exactly this reason, and to change nothing at all.

    ``details`` are compared where given; a refusal may carry more.
    """
    del house  # named so that the call reads whole: this house refuses
    before = await dump()
    with pytest.raises(Refused) as caught:
        yield caught
    refusal = caught.value.refusal
    assert (refusal.code, refusal.path) == (code, path)
    assert {name: refusal.details.get(name) for name in details} == details
    assert await dump() == before


async def replayed(ask: Callable[[], Awaitable[Answered]]) -> Answered:
    """Ask twice with the same key: the second answer is the first one, and changes nothing."""
    first = await ask()
    before = await dump()
    assert not first.replayed
    assert await ask() == Answered(first.body, replayed=True)
    assert await dump() == before
    return first


async def audit() -> None:
    """Recompute the books from the lines, and assert that everything agrees."""
    sums: dict[str, int] = {}
    running: dict[UUID, tuple[int, int]] = {}
    entries: dict[UUID, int] = {}
    for line in await Line.all().order_by("wallet_id", "number"):
        number, total = running.get(line.wallet_id, (0, 0))
        assert line.number == number + 1
        assert line.balance_after_minor == total + line.amount_minor
        running[line.wallet_id] = (line.number, line.balance_after_minor)
        entries[line.entry_id] = entries.get(line.entry_id, 0) + line.amount_minor
        sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
    assert not any(sums.values())
    assert not any(entries.values())
    assert set(entries) == {entry.id for entry in await Entry.all()}
    for wallet in await Wallet.all():
        kept = (wallet.line_count, wallet.balance_minor)
        assert kept == running.get(wallet.id, (0, 0))
        is_asset = WalletKind(wallet.kind).is_asset
        floor = is_asset or wallet.balance_minor >= wallet.held_minor >= 0
        assert floor
    for row in await Transaction.all():
        line = await Line.get(entry_id=row.id, wallet_id=row.account_id)
        assert (row.number, row.amount_minor, row.balance_after_minor) == (
            line.number,
            line.amount_minor,
            line.balance_after_minor,
        )
    for partner in await Partner.all():
        assert await Wallet.exists(id=partner.id)
    await audit_blocks()


async def audit_blocks() -> None:
    """Assert that each account stands as its blocks say, and that none of them was passed.

    By the ledger's own numbers: between the line after which a block was placed and the one after
    which it was lifted, nothing was bought.
    """
    for account in await Account.all().values():
        standing = Block.filter(account_id=account["id"], state=BlockState.STANDING)
        kinds = [BlockKind(block.kind) for block in await standing]
        assert len(kinds) == len(set(kinds))
        wallet = await Wallet.get(id=account["id"])
        assert wallet.status == status_of(account, kinds)
    for block in await Block.all():
        paid = Transaction.filter(
            account_id=block.account_id,
            type=TransactionType.PURCHASE,
            number__gt=block.placed_after,
        )
        if block.lifted_after is not None:
            paid = paid.filter(number__lte=block.lifted_after)
        assert not await paid.exists()


# Races


on_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
"""Marks a test of what only PostgreSQL lets happen: several desks at once."""


async def in_turn(
    house: HouseUnderTest, table: str, row_id: UUID, *asked: Callable[[], Awaitable[T]]
) -> list[T | BaseException]:
    """Have commands of several desks meet at one row's lock, in this order (PostgreSQL only).

    A connection of its own holds the row until every command waits for it, each begun when the
    one before it waits: all have seen the world before any of them changed it, and only what is
    read under the lock can tell them what the others did.
    """
    gate = await asyncpg.connect(house.url)
    try:
        transaction = gate.transaction()
        await transaction.start()
        await gate.execute(f"SELECT 1 FROM {table} WHERE id = $1 FOR UPDATE", row_id)  # noqa: S608
        tasks: list[asyncio.Future[T]] = []
        for number, ask in enumerate(asked, 1):
            tasks.append(asyncio.ensure_future(ask()))
            await _until_waiting(gate, number)
        await transaction.rollback()
        return await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await gate.close()


async def at_once(*asked: Awaitable[T]) -> list[T | Refused]:
    """Ask for several things at the same time; a refusal is a result, anything else is raised."""
    results: list[T | Refused] = []
    for result in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(result, BaseException) and not isinstance(result, Refused):
            raise result
        results.append(result)
    return results


async def _until_waiting(connection: asyncpg.Connection, count: int) -> None:
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10):
        # The server tells nobody that a lock is waited for: it has to be asked.
        while await connection.fetchval(query) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
