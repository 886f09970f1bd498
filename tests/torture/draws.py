"""Draws under torture: tickets are sold, some of them win, and every prize is paid.

A prize may be asked for by its player, by the operator, and by the run that pays the whole draw, at
the same time: one of them pays it.
"""

import asyncio
from random import Random

from tests.torture import documents
from tests.torture.clients import Asked, Client, Load
from tests.torture.wire import Data, amount

SALES = 6
"""How many purchases are made of one draw."""

TAXED_MINOR = 12_000_00


class Centre(Client):
    """Holds one draw after the other, with everybody who takes part in it.

    Args:
        load: Whose client it is.
        random: What happens.
        number: Which of the clients it is; its keys are made of it.
    """

    def __init__(self, load: Load, random: Random, number: int) -> None:
        super().__init__(load, random, number)
        self._stage = load.stage

    async def hold_one(self) -> None:
        """Hold one draw, whether or not the load stops."""
        try:
            await self._work()
        finally:
            self._hang_up()

    async def _work(self) -> None:
        opened = await self._ask(self._open_draw(), 0)
        draw_id: str = opened["draw"]["id"]
        sold: dict[str, str] = {}
        for _ in range(SALES):
            sold |= await self._sell(draw_id)
        await self._ask(self._of_centre("closeDraw", documents.CLOSE_DRAW, drawId=draw_id), 0)
        prizes = {
            serial: self._random.choice((self._random.randrange(1, 5_000_00), TAXED_MINOR))
            for serial in sold
            if self._random.random() < 0.6
        }
        rows = [{"serial": serial, "prize": amount(prize)} for serial, prize in prizes.items()]
        await self._ask(
            self._of_centre(
                "uploadWinningTickets",
                documents.UPLOAD,
                drawId=draw_id,
                tickets=rows,
                publish=True,
            ),
            0,
        )
        asked = [self._of_operator("payDraw", documents.PAY_DRAW, drawId=draw_id)]
        for serial, prize in prizes.items():
            asked += self._wanted(draw_id, serial, prize, sold[serial])
        self._random.shuffle(asked)
        await asyncio.gather(*(self._ask(one, line) for line, one in enumerate(asked)))

    async def _sell(self, draw_id: str) -> dict[str, str]:
        """Sell tickets to somebody; return whose account each serial is of."""
        player = self._random.choice(self._stage.players)
        stakes = [self._random.randrange(2_00, 9_00) for _ in range(self._random.randint(1, 4))]
        tickets = [
            {
                "drawId": draw_id,
                "numbers": "01 02 03 04 05 06",
                "stake": amount(stake),
                "serial": self._new("W"),
            }
            for stake in stakes
        ]
        order = {
            "idempotencyKey": self._new("purchase"),
            "accountId": player.node_id,
            "reference": self._new("order"),
            "amount": amount(sum(stakes)),
            "tickets": tickets,
        }
        asked = Asked(self._stage.platform, "purchase", documents.PURCHASE, order)
        answer = await self._ask(asked, 0)
        return {ticket["serial"]: player.node_id for ticket in answer.get("tickets", ())}

    def _wanted(self, draw_id: str, serial: str, prize_minor: int, account: str) -> list[Asked]:
        """Return who asks for a prize beside the run: nobody, its player, the operator, or both."""
        prize = {"accountId": account, "drawId": draw_id, "serial": serial}
        (player,) = [each for each in self._stage.players if each.node_id == account]
        by_player = Asked(
            player.caller,
            "claimPrize",
            documents.CLAIM,
            {"idempotencyKey": self._new("claim"), **prize},
        )
        by_operator = self._of_operator(
            "payout", documents.PAYOUT, amount=amount(prize_minor), **prize
        )
        return [one for one in (by_player, by_operator) if self._random.random() < 0.4]

    def _of_centre(self, operation: str, document: str, **given: object) -> Asked:
        keyed: Data = {"idempotencyKey": self._new(operation), **given}
        return Asked(self._stage.centre, operation, document, keyed)

    def _of_operator(self, operation: str, document: str, **given: object) -> Asked:
        keyed: Data = {"idempotencyKey": self._new(operation), **given}
        return Asked(self._stage.operator, operation, document, keyed)


def centres(load: Load, seed: int, count: int, first: int) -> None:
    """Have so many draws held side by side; the first one is the client of this number."""
    for number in range(first, first + count):
        load.join(Centre(load, Random(f"{seed}/{number}"), number))
