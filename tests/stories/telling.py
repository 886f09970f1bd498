"""What every chapter of the story needs: who calls, what must come back, where the money is."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.parameters import REFRESH_S
from tests.residents import masked, somebody
from tests.stories import documents as ask
from tests.stories.books import Books
from tests.stories.callers import Caller, Data, Listener, minor, yuan

AT_ONCE_S = 1.0
"""How soon a prize must be told of once it is paid."""

PATIENCE_S = 30.0
"""How long to wait for what workers do by themselves."""

POLL_S = 0.05
IN_FORCE_S = REFRESH_S + 0.5
"""After how long a changed parameter is in force in every process."""


class Unexpected(Exception):
    """Something came back that should not have."""


@dataclass(slots=True)
class Player:
    """A player, as the story knows them."""

    caller: Caller
    holder_name: str
    phone: str
    identity_number: str = field(default_factory=somebody)
    account_id: str = ""

    @property
    def profile(self) -> Data:
        """The profile as the schema shows it."""
        phone = self.phone.replace(" ", "")
        return {
            "holderName": f"{self.holder_name[0]}*{self.holder_name[-1]}",
            "identityKind": "RESIDENT_ID",
            "identityNumber": masked(self.identity_number),
            "phone": f"{phone[:-8]}****{phone[-4:]}",
            "isReadable": True,
        }


@dataclass(slots=True)
class Teller:
    """Prints the story."""

    silent: bool = False
    steps: int = 0

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._print(f"\n{title}")

    def step(self, what: str, outcome: str) -> None:
        """Tell what was done, and what came back."""
        self.steps += 1
        self._print(f"{self.steps:4}. {what}\n        → {outcome}")

    def _print(self, text: str) -> None:
        if not self.silent:
            print(text, flush=True)


@dataclass(slots=True)
class Telling:
    """One telling of the story, and what it knows by now.

    Args:
        url: Of GraphQL over HTTP.
        keys: The API keys of platform and centre, and the operator's e-mail and password.
        stack: Ends what was opened.
        teller: Prints it.
    """

    url: str
    keys: Mapping[str, str]
    stack: contextlib.AsyncExitStack
    teller: Teller = field(default_factory=Teller)
    books: Books = field(default_factory=Books)
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    platform: Caller = field(init=False)
    centre: Caller = field(init=False)
    operator: Caller = field(init=False)
    player: Player = field(init=False)
    rival: Player = field(init=False)
    activity: Listener = field(init=False)
    everything: Listener = field(init=False)
    everything_after: str = ""
    platform_id: str = ""
    platform_after: str | None = None
    parameters: dict[str, int] = field(default_factory=dict)
    card_id: str = ""
    """The player's bound card, once there is one."""
    passwords: dict[str, str] = field(default_factory=dict)
    """Of the players, by name."""
    bought: list[tuple[str, int, str]] = field(default_factory=list)
    """The player's purchases: id, amount, and how each should stand."""
    _keys_given: int = 0
    _changed_at_s: float = float("-inf")

    async def position(self) -> dict[str, int]:
        """Return what the operator sees at the bank, which is below zero, and of tax."""
        positions = await self.operator.ask(ask.LEDGER_POSITION)
        (position,) = [each for each in positions if each["currency"] == "CNY"]
        self.expect(position["isBalanced"] is True, wanted=True, what="the ledger's balance")
        return {"bank": -minor(position["atBank"]), "tax": minor(position["tax"])}

    async def caller(
        self, name: str, *, token: str = "", api_key: str = "", language: str = "en"
    ) -> Caller:
        """Return somebody who calls, until the story ends."""
        caller = Caller(name, self.url, token=token, api_key=api_key, language=language)
        return await self.stack.enter_async_context(caller)

    async def follow(self, caller: Caller, document: str, /, **variables: object) -> Listener:
        """Subscribe, until the story ends."""
        listener = await caller.follow(document, **variables)
        self.stack.push_async_callback(listener.close)
        return listener

    async def here(self, caller: Caller) -> str | None:
        """Return the cursor of the last event that a caller could have heard."""
        newest = await caller.ask(ask.NEWEST)
        return newest["edges"][0]["cursor"] if newest["edges"] else None

    def fresh(self) -> str:
        """Return an idempotency key that nobody has used."""
        self._keys_given += 1
        return f"{self.run}-{self._keys_given}"

    def serial(self, name: str) -> str:
        """Return a ticket's serial, which is this telling's own."""
        return f"{self.run}-{name}"

    def order(self, player: Player, reference: str, *tickets: tuple[str, int, str | None]) -> Data:
        """Return the input of a purchase; a ticket is (draw, stake, serial)."""
        return {
            "idempotencyKey": self.fresh(),
            "accountId": player.account_id,
            "reference": f"{self.run}-order-{reference}",
            "amount": yuan(sum(stake for _, stake, _ in tickets)),
            "tickets": [
                {
                    "drawId": draw_id,
                    "numbers": "03 08 15 21 26 33 + 07",
                    "stake": yuan(stake),
                    "serial": serial and self.serial(serial),
                }
                for draw_id, stake, serial in tickets
            ],
        }

    def upload(self, draw_id: str, prizes: Mapping[str, int], *, publish: bool = False) -> Data:
        """Return the input of an upload; prizes by the names of serials."""
        return {
            "idempotencyKey": self.fresh(),
            "drawId": draw_id,
            "tickets": [
                {"serial": self.serial(name), "prize": yuan(prize)}
                for name, prize in prizes.items()
            ],
            "publish": publish,
        }

    def prize(self, draw_id: str, serial: str, amount_minor: int | None = None) -> Data:
        """Return the input of a payout, or of the player's claim where no amount is named."""
        given: Data = {
            "idempotencyKey": self.fresh(),
            "accountId": self.player.account_id,
            "drawId": draw_id,
            "serial": self.serial(serial),
        }
        return given if amount_minor is None else given | {"amount": yuan(amount_minor)}

    def win(self, purse: str, prize_minor: int) -> int:
        """Note a prize that should have been paid, and return it less tax."""
        tax_minor = 0
        if prize_minor > self.parameters["PRIZE_TAX_FROM_MINOR"]:
            tax_minor = (prize_minor * self.parameters["PRIZE_TAX_BASIS_POINTS"] + 5_000) // 10_000
        self.books.move("centre", purse, prize_minor - tax_minor)
        self.books.move("centre", "tax", tax_minor)
        return prize_minor - tax_minor

    def note(self, transaction: Data, amount_minor: int, state: str) -> None:
        """Note how a purchase of the player's should stand."""
        row = (transaction["id"], amount_minor, state)
        for index, (noted_id, _, _) in enumerate(self.bought):
            if noted_id == transaction["id"]:
                self.bought[index] = row
                return
        self.bought.append(row)

    async def done(self, name: str, caller: Caller, document: str, /, **given: object) -> Data:
        """Ask for something, and expect it to be done."""
        answer: Data = await caller.do(document, **given)
        kind = f"{name[0].upper()}{name[1:]}Success"
        if answer["__typename"] != kind:
            raise Unexpected(f"{name}: {said(answer)} at {answer['path']}")
        return answer

    async def refused(
        self, code: str, what: str, caller: Caller, document: str, /, **given: object
    ) -> Data:
        """Ask for something, expect a refusal, and see that no money moved."""
        answer: Data = await caller.do(document, **given)
        if answer.get("code") != code:
            raise Unexpected(f"{what}: {answer}, where {code} was expected")
        await self.check(self.player, "player")
        self.teller.step(what, said(answer))
        return answer

    async def check(self, player: Player, purse: str) -> None:
        """See that an account holds what it should."""
        if player.account_id:
            account = await player.caller.ask(ask.ACCOUNT, id=player.account_id)
            held = (minor(account["balance"]), minor(account["available"]))
            self.expect(held, (self.books[purse], self.books[purse]), f"the {purse}'s money")

    def expect(self, found: object, wanted: object, what: str) -> None:
        """Compare what came back with what should have.

        Raises:
            Unexpected: They differ.
        """
        if found != wanted:
            raise Unexpected(f"{what}: {found!r}, where {wanted!r} was expected")

    async def set(self, name: str, value: int) -> None:
        """Change a parameter, as the operator, until the story ends."""
        answer = await self.done(
            "setParameter", self.operator, ask.SET_PARAMETER, name=name, value=str(value)
        )
        self._changed_at_s = time.monotonic()
        self.teller.step(f"The operator sets {name}", answer["parameter"]["value"])

    async def in_force(self) -> None:
        """Wait until every process goes by the parameters that were set."""
        await asyncio.sleep(max(self._changed_at_s + IN_FORCE_S - time.monotonic(), 0))

    async def restore_parameters(self) -> None:
        """Put the parameters back that the story changes."""
        for name in ("PRIZE_POOL_THRESHOLD_MINOR", "TICKET_CONFIRMATION_S", "PRIZE_CLAIM_DAYS"):
            if name in self.parameters:
                await self.operator.do(
                    ask.SET_PARAMETER, name=name, value=str(self.parameters[name])
                )


def in_(life: timedelta) -> str:
    """Return the moment after this time, as the schema takes it."""
    return (datetime.now(UTC) + life).isoformat()


def said(answer: Data) -> str:
    """Return an answer in a line."""
    return f"{answer['code']}: {answer['message']}" if "code" in answer else answer["__typename"]


def formatted(minor_units: int) -> str:
    """Return an amount for people."""
    return f"{'-' if minor_units < 0 else ''}¥{abs(minor_units) / 100:,.2f}"
