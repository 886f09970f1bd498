"""A server under siege: callers who own nothing that could move, and what must be true of answers.

Every caller has credentials that are good. They know the ids of whatever belongs to others, and of
as much of their own as does not let them move money: amounts that are theirs to move are wrong.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx

from app.database import connected
from app.key_file import write_keyring
from app.settings import RATES
from graphql_schema.relay import NodeKind
from models import Customer, StaffMember
from models.kinds import PartnerKind, StaffKind
from models.staff import ADMINISTRATOR_ROLE_ID
from services.accounts.freeze import freeze_account
from services.actors import SYSTEM, partner_actor
from services.ledger.check import check_ledger
from services.lottery.pay_draw import pay_draw
from services.lottery.run_payouts import run_payouts
from services.partners.create_partner import create_partner
from services.passwords import hash_password
from services.secrets import new_secret
from services.vault import Keyring
from tests.authorisation.owners import MODELS
from tests.factories import (
    CNY,
    HouseUnderTest,
    a_card,
    a_customer,
    a_draw,
    a_key,
    a_mandate,
    a_member,
    a_scene,
    a_session,
    a_supervisor,
    a_vault,
    an_account,
    house_on,
    id_of,
)
from tests.fuzzing.values import Values
from tests.resolvers.asking import gid
from tests.serving.graphql import TIMEOUT_S
from tests.stories.coffer import Coffer
from tests.webhooks.helpers import a_webhook

SIGN_IN = """mutation ($input: SignInInput!) { signIn(input: $input) {
  ... on SignInSuccess { token } ... on Refusal { code } } }"""
WHO = "{ viewer { __typename } }"
GRAPHQL_JSON = "application/graphql-response+json"
INTERNALS = [
    *["Traceback", 'File "', ".py", "object at 0x", "<class", "Exception"],
    *["sqlite", "asyncpg", "tortoise", "INSERT INTO", "SELECT ", "UNIQUE constraint", "$argon2"],
    *["INTERNAL_FAULT", "Internal fault"],
]
"""What no answer has in it, unless it was asked with."""
MEMBERS = {"data", "errors", "extensions"}
EMPTY_WALLET = (0, 0)


@dataclass(slots=True)
class Caller:
    """Somebody who calls: how, and which ids they know."""

    name: str
    others: Sequence[str]
    own: Sequence[str] = ()
    headers: dict[str, str] = field(default_factory=dict)
    sign_in: Mapping[str, str] | None = None

    def values(self, random: Random) -> Values:
        """Return what makes this caller's values."""
        return Values(random, self.others, self.own)

    @property
    def init_payload(self) -> dict[str, str]:
        """How the caller says on a socket who they are."""
        return {"apiKey" if name == "x-api-key" else name: it for name, it in self.headers.items()}


@dataclass(slots=True)
class Siege:
    """The server, who calls it, and its money before anybody did."""

    coffer: Coffer
    database_url: str
    callers: Sequence[Caller]
    http: httpx.Client
    secrets: Sequence[str]
    before: Mapping[str, tuple[int, int]]
    entries: int
    asked: int = 0

    def ask(
        self, caller: Caller, document: str, variables: object = None, **rest: object
    ) -> dict[str, Any]:
        """Ask, look at the answer, and return it."""
        asked = {"query": document, "variables": variables, **rest}
        return self.send(caller, json.dumps(asked).encode())

    def send(
        self, caller: Caller, body: bytes, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Send a body, look at the answer, and return it."""
        self.asked += 1
        answer = self.http.post(
            "/graphql",
            content=body,
            headers={
                "content-type": "application/json",
                "accept": GRAPHQL_JSON,
                "x-forwarded-for": _an_address(self.asked),
                **caller.headers,
                **(headers or {}),
            },
        )
        try:
            return self._judge(answer, body)
        except AssertionError as error:
            asked = body if len(body) < 20_000 else body[:20_000] + b" ..."
            raise AssertionError(
                f"{caller.name} asked {asked.decode(errors='replace')}\n"
                f"and was told {answer.status_code} {answer.text[:4_000]}\n{error}\n"
                f"The log tells: {self.faults()}"
            ) from None
        finally:
            if answer.status_code == 401 and caller.sign_in:
                self.let_in(caller)

    def let_in(self, caller: Caller) -> None:
        """Let somebody sign in, as they must whenever they have signed themselves out."""
        if caller.sign_in is None:
            return
        self.asked += 1
        told = self.http.post(
            "/graphql",
            json={"query": SIGN_IN, "variables": {"input": caller.sign_in}},
            headers={"x-forwarded-for": _an_address(self.asked)},
        ).json()
        caller.headers["authorization"] = f"Bearer {told['data']['signIn']['token']}"

    def look(self, told: object, sent: str) -> None:
        """Check what a caller is told, over whichever wire."""
        assert isinstance(told, dict)
        assert told
        assert set(told) <= MEMBERS
        for error in told.get("errors", ()):
            assert isinstance(error["message"], str), error
            assert error["message"], error
            assert isinstance(error["extensions"]["code"], str), error
        assert told.get("errors", True), "an empty list of errors"
        self.look_for_internals(json.dumps(told, ensure_ascii=False), sent)

    def look_for_internals(self, told: str, sent: str) -> None:
        """Check that nothing is told of how the house is built, nor anybody's secret."""
        for internal in INTERNALS:
            assert internal not in told or internal in sent, internal
        for secret in self.secrets:
            assert secret not in told, "a secret"

    def faults(self) -> list[str]:
        """Return the lines of the log that tell of faults."""
        signs = ('"level":"error"', '"level":"critical"', "Traceback")
        return [line for line in self.coffer.log.splitlines() if any(s in line for s in signs)]

    def assert_unharmed(self) -> None:
        """Check that the server is well, saw no fault, and has every cent where it was."""
        assert self.http.get("/healthz").status_code == 200
        assert self.http.get("/readyz").status_code == 200
        for caller in self.callers:
            self.let_in(caller)
            answer = self.ask(caller, WHO)
            assert "errors" not in answer, (caller.name, answer)
        assert not self.faults(), self.faults()[:3]
        log = self.coffer.log
        assert not [secret for secret in self.secrets if secret in log]
        after, entries = money(self.database_url)
        changed = {
            wallet: found
            for wallet, found in after.items()
            if found != self.before.get(wallet, EMPTY_WALLET)
        }
        assert not changed, {
            wallet: (self.before.get(wallet), it) for wallet, it in changed.items()
        }
        assert after.keys() >= self.before.keys()
        assert entries == self.entries, "money moved to and fro"
        report = asyncio.run(_checked(self.database_url))
        assert report.is_sound, report.differences

    def _judge(self, answer: httpx.Response, body: bytes) -> dict[str, Any]:
        assert answer.status_code < 500
        kind = answer.headers["content-type"]
        assert kind.startswith((GRAPHQL_JSON, "application/json"))
        told = answer.json()
        self.look(told, body.decode(errors="replace") + str(body))
        if answer.status_code == 200:
            assert "data" in told
        else:
            assert "data" not in told
            assert told["errors"]
        return dict(told)


def money(database_url: str) -> tuple[dict[str, tuple[int, int]], int]:
    """Return what every wallet holds, and how many entries there are."""
    with closing(sqlite3.connect(database_url.removeprefix("sqlite://"))) as connection:
        wallets = connection.execute("SELECT id, balance_minor, held_minor FROM wallet").fetchall()
        (entries,) = connection.execute("SELECT count(*) FROM ledger_entry").fetchone()
    return {row[0]: (row[1], row[2]) for row in wallets}, entries


@contextmanager
def besieged(database_url: str, directory: Path) -> Iterator[Siege]:
    """Furnish a house on a fresh database, and have a server in front of it."""
    keyring = Keyring.fresh()
    key_file = directory / "keys.json"
    write_keyring(key_file, keyring)
    callers = asyncio.run(_furnished(database_url, keyring))
    before, entries = money(database_url)
    coffer = Coffer(
        {
            "COFFER_DATABASE_URL": database_url,
            "COFFER_KEY_FILE": str(key_file),
            "COFFER_TRUSTED_PROXIES": "127.0.0.0/8",
            **{name: "none" for name, _ in RATES.values()},
        }
    )
    try:
        coffer.start()
        secrets = [
            *(caller.sign_in["password"] for caller in callers if caller.sign_in),
            *(caller.headers["x-api-key"] for caller in callers if "x-api-key" in caller.headers),
        ]
        url = f"http://127.0.0.1:{coffer.port}"
        with httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False) as http:
            siege = Siege(coffer, database_url, callers, http, secrets, before, entries)
            for caller in callers:
                siege.let_in(caller)
            yield siege
            siege.assert_unharmed()
        assert coffer.stop() == 0
    finally:
        coffer.close()


async def _furnished(database_url: str, keyring: Keyring) -> list[Caller]:
    """Let there be others, with money and business; then those who call."""
    async with house_on(database_url) as opened:
        house = replace(opened, vault=a_vault(keyring))
        house.clock.now = datetime.now(UTC)
        others = await _others(house)
        return [
            Caller("nobody", others),
            await _a_player(house, others),
            *await _partners(house, others),
            *await _staff(house, others),
        ]


async def _others(house: HouseUnderTest) -> list[str]:
    """Let somebody buy, and somebody win and be paid; return the ids of everything there is."""
    buying, winning = await a_scene(house), await a_scene(house)
    await buying.buys(house)
    await winning.wins(house, 5_00)
    await pay_draw(house, winning.operator, a_key(), winning.draw_id)
    await run_payouts(house)
    await freeze_account(house, winning.player, a_key(), winning.account_id)
    await a_webhook(house, buying.platform)
    await a_card(house, buying.player)
    await a_session(house, buying.player)
    return [
        gid(kind, row.pk)
        for kind, model in MODELS.items()
        if kind is not NodeKind.AUDIT_ENTRY
        for row in await model.all()
        if row.pk != ADMINISTRATOR_ROLE_ID
    ]


async def _a_player(house: HouseUnderTest, others: Sequence[str]) -> Caller:
    player = await a_customer(house)
    account_id = await an_account(house, player, 100_00)
    password = new_secret("")
    await Customer.filter(id=id_of(player)).update(
        password_hash=await hash_password(password), email_verified_at=house.clock()
    )
    email = (await Customer.get(id=id_of(player))).email
    own = [gid(NodeKind.ACCOUNT, account_id)]
    return Caller("player", others, own, sign_in={"email": email, "password": password})


async def _partners(house: HouseUnderTest, others: Sequence[str]) -> list[Caller]:
    """Take in a platform that may charge somebody, for a draw of the centre's."""
    platform, platform_key = await create_partner(house, PartnerKind.SALES_PLATFORM, "P", CNY)
    centre, centre_key = await create_partner(house, PartnerKind.LOTTERY_CENTRE, "C", CNY)
    buyer = await a_customer(house)
    account_id = await an_account(house, buyer, 100_00)
    await a_mandate(
        house, buyer, account_id, partner_actor(UUID(platform["id"]), PartnerKind.SALES_PLATFORM)
    )
    draw_id = await a_draw(house, partner_actor(UUID(centre["id"]), PartnerKind.LOTTERY_CENTRE))
    own = [gid(NodeKind.ACCOUNT, account_id), gid(NodeKind.DRAW, draw_id)]
    return [
        Caller("platform", others, own, {"x-api-key": platform_key}),
        Caller("centre", others, headers={"x-api-key": centre_key}),
    ]


async def _staff(house: HouseUnderTest, others: Sequence[str]) -> list[Caller]:
    operator = (await a_member(house, StaffKind.OPERATOR, ADMINISTRATOR_ROLE_ID)).id
    supervisor = id_of(await a_supervisor(house))
    callers = []
    for kind, member_id in ((StaffKind.OPERATOR, operator), (StaffKind.SUPERVISOR, supervisor)):
        password = new_secret("")
        members = StaffMember.filter(id=member_id)
        await members.update(password_hash=await hash_password(password))
        email = (await members.get()).email
        sign_in = {"email": email, "password": password, "as": kind.value}
        callers.append(Caller(kind.value.lower(), others, sign_in=sign_in))
    return callers


async def _checked(database_url: str) -> Any:  # noqa: ANN401 - a report
    async with connected(database_url):
        return await check_ledger(database_url, SYSTEM)


def _an_address(number: int) -> str:
    """Return an address of its own: doors count guesses by address too."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
