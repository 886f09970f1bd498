"""One turn of a webhook: whoever has the lease sends what waits, in order, until something fails.

The position in the database is moved after each message that was answered well, and only by who
holds the lease. So whoever dies half way is followed by another, who sends the same message again:
at least once, never less; a repeat has the same id.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

import structlog
from tortoise.queryset import QuerySet

from models import DeadLetter, Partner, Webhook
from models.kinds import DeadLetterState, WebhookState
from services.courier import CannotDeliver, Receipt
from services.house import House
from services.notifications.hearing import Hearing
from services.notifications.items import COLUMNS, FeedItem, Gap
from services.notifications.reading import stretch
from services.notifications.watermark import Watermark
from services.vault import CannotOpen, Purpose
from services.webhooks.due import free, heard_at, rests
from services.webhooks.give_up import disable, set_aside
from services.webhooks.messages import Message, a_test, message_of
from services.webhooks.pace import Pace
from services.webhooks.presenting import Present
from services.webhooks.signing import signed_headers

SETTLE_S = 0.25
"""How long to wait for commits under way."""

UNREADABLE = "its secret cannot be read any more: rotate it"

BATCH = 100
ERROR_MAX = 200

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class WebhookFigures:
    """What one process has delivered since it began."""

    delivered: int = 0
    failed: int = 0
    set_aside: int = 0
    disabled: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message did not arrive."""

    error: str
    status: int | None = None
    retry_after: str | None = None

    @staticmethod
    def of(receipt: Receipt) -> "Failure | None":
        """Return what an answer means: None where it is one of success."""
        if HTTPStatus.OK <= receipt.status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        return Failure(f"HTTP {receipt.status}", receipt.status, receipt.retry_after)


@dataclass(slots=True)
class Turn:
    """Delivers to one webhook for a while.

    Args:
        house: The means.
        present: Makes the content of messages.
        pace: How patiently.
        figures: Where it is counted.
        webhook_id: To which one.
        stop: Ends it, after the message that is under way.
    """

    house: House
    present: Present
    pace: Pace
    figures: WebhookFigures
    webhook_id: UUID
    stop: asyncio.Event
    _lease_id: UUID = field(init=False)
    _ahead: deque[FeedItem | Gap] = field(default_factory=deque)
    _read_for: tuple[int, str] | None = None

    async def take(self) -> int:
        """Take the lease, if nobody has it, and deliver; return how many messages arrived."""
        self._lease_id = self.house.new_id()
        begun_s = time.monotonic()
        delivered = 0
        unheld = free(self.house.clock).filter(id=self.webhook_id)
        if not await unheld.update(lease_id=self._lease_id, lease_until=self._until()):
            return 0
        try:
            while (
                delivered < self.pace.turn_messages
                and time.monotonic() - begun_s < self.pace.turn_s
                and not self.stop.is_set()
                and await self._deliver_next()
            ):
                delivered += 1
        finally:
            await self._mine().update(lease_id=None, lease_until=None)
        return delivered

    async def _deliver_next(self) -> bool:
        """Deliver one message; return whether it arrived, and the turn goes on."""
        webhook = await self._mine().get_or_none(state=WebhookState.ACTIVE)
        if webhook is None:
            return False
        partner = await Partner.get(id=webhook.partner_id)
        if webhook.test_id is not None:
            return await self._deliver_test(webhook, webhook.test_id)
        letters = DeadLetter.filter(webhook_id=webhook.id, state=DeadLetterState.WAITING)
        letter = await letters.order_by("position").first()
        if letter is not None:
            return await self._deliver_letter(webhook, partner, letter)
        if rests(webhook, self.house.clock()):
            return False
        item = await self._next_item(webhook, heard_at(webhook, partner))
        return item is not None and await self._deliver_item(webhook, partner, item)

    async def _next_item(self, webhook: Webhook, heard: Hearing) -> FeedItem | Gap | None:
        """Return what comes next; where there is nothing, move the position up to the end."""
        if self._ahead and self._read_for == (webhook.position, webhook.kinds):
            return self._ahead[0]
        watermark = Watermark(webhook.position)
        await watermark.settle(SETTLE_S)
        part = await stretch(heard.events(), webhook.position, watermark.position, BATCH)
        self._ahead = deque(FeedItem.of(row) for row in part.rows)
        if part.gap is not None:
            self._ahead.appendleft(part.gap)
        self._read_for = (webhook.position, webhook.kinds)
        if self._ahead:
            return self._ahead[0]
        if part.end > webhook.position:
            await self._at(webhook).update(position=part.end, position_at=self.house.clock())
        return None

    async def _deliver_item(self, webhook: Webhook, partner: Partner, item: FeedItem | Gap) -> bool:
        message = await message_of(self.house, self.present, partner, item)
        failure = await self._send(webhook, message)
        if failure is not None:
            await self._failed(webhook, item, failure)
            return False
        now = self.house.clock()
        position = item.position if isinstance(item, FeedItem) else item.resumes_after
        self._ahead.popleft()
        self._read_for = (position, webhook.kinds)
        return bool(
            await self._at(webhook).update(
                position=position,
                position_at=now,
                attempts=0,
                next_attempt_at=now,
                failing_since=None,
                last_attempt_at=now,
                last_success_at=now,
                last_error=None,
                lease_until=self._until(),
            )
        )

    async def _failed(self, webhook: Webhook, item: FeedItem | Gap, failure: Failure) -> None:
        """Decide what becomes of an event that did not arrive, and of the address."""
        now = self.house.clock()
        failures = webhook.attempts + 1
        failing_since = webhook.failing_since or now
        delay = self.pace.next_delay(failures, failure.retry_after, now)
        if delay is None and isinstance(item, FeedItem):
            await set_aside(self.house, webhook, item, failures, failure.error)
            self.figures.set_aside += 1
            await self._mine().update(failing_since=failing_since)
        else:
            # A gap is told until it is heard, or the address is given up.
            await self._at(webhook).update(
                attempts=min(failures, len(self.pace.delays)),
                next_attempt_at=now + (delay or self.pace.delays[-1]),
                failing_since=failing_since,
            )
        if failure.status == HTTPStatus.GONE or failure.error == UNREADABLE:
            await self._disable(webhook, failure.error)
        elif now - failing_since >= self.pace.gives_up:
            await self._disable(webhook, f"nothing arrived for days: {failure.error}")

    async def _deliver_letter(self, webhook: Webhook, partner: Partner, letter: DeadLetter) -> bool:
        """Send an event again that was set aside: one attempt, which delays nothing else."""
        heard = Hearing(heard_at(webhook, partner).audiences)
        rows = await heard.events().filter(id=letter.position).values_list(*COLUMNS)
        if not rows:  # the feed keeps it no longer
            await letter.delete()
            return True
        message = await message_of(self.house, self.present, partner, FeedItem.of(rows[0]))
        failure = await self._send(webhook, message)
        if failure is None:
            await letter.delete()
            await self._reached()
            return True
        await DeadLetter.filter(id=letter.id, state=DeadLetterState.WAITING).update(
            state=DeadLetterState.DEAD, attempts=letter.attempts + 1, error=failure.error
        )
        if failure.status == HTTPStatus.GONE:
            await self._disable(webhook, failure.error)
        return False

    async def _deliver_test(self, webhook: Webhook, test_id: UUID) -> bool:
        failure = await self._send(webhook, a_test(self.house, test_id))
        await self._mine().filter(test_id=test_id).update(test_id=None)
        if failure is None:
            await self._reached()
        return failure is None

    async def _send(self, webhook: Webhook, message: Message) -> Failure | None:
        """Send a message; return why it did not arrive, or None."""
        failure = await self._post(webhook, message)
        if failure is None:
            self.figures.delivered += 1
            return None
        self.figures.failed += 1
        await self._mine().update(
            last_attempt_at=self.house.clock(), last_error=failure.error, lease_until=self._until()
        )
        return failure

    async def _post(self, webhook: Webhook, message: Message) -> Failure | None:
        secrets = self._secrets(webhook)
        if not secrets:
            return Failure(UNREADABLE)
        body = message.body
        timestamp_s = int(self.house.clock().timestamp())
        headers = {
            "content-type": "application/json",
            **signed_headers(secrets, message.id, timestamp_s, body),
        }
        try:
            return Failure.of(await self.house.courier.post(webhook.url, headers, body))
        except CannotDeliver as error:
            return Failure(error.reason[:ERROR_MAX])

    def _secrets(self, webhook: Webhook) -> list[str]:
        """Return what messages are signed with now: two secrets while one follows the other."""
        now, old_until = self.house.clock(), webhook.old_secret_until
        sealed = [webhook.secret_sealed]
        if old_until is not None and now < old_until:
            sealed.append(webhook.old_secret_sealed)
        found: list[str] = []
        for text in filter(None, sealed):
            try:
                found.append(self.house.vault.open(Purpose.WEBHOOK_SECRET, text))
            except CannotOpen:
                log.exception("webhook secret", webhook=str(webhook.id))
        return found

    async def _reached(self) -> None:
        """Note that the address answers: what waits for another attempt waits no more."""
        now = self.house.clock()
        await self._mine().update(
            next_attempt_at=now,
            failing_since=None,
            last_attempt_at=now,
            last_success_at=now,
            last_error=None,
            lease_until=self._until(),
        )

    async def _disable(self, webhook: Webhook, reason: str) -> None:
        await disable(self.house, webhook, reason)
        self.figures.disabled += 1
        log.warning("webhook disabled", webhook=str(webhook.id), reason=reason)

    def _mine(self) -> QuerySet[Webhook]:
        """Return the webhook, as long as this turn has the lease."""
        return Webhook.filter(id=self.webhook_id, lease_id=self._lease_id)

    def _at(self, webhook: Webhook) -> QuerySet[Webhook]:
        """Return the webhook, as long as nobody has moved its position either."""
        return self._mine().filter(position=webhook.position)

    def _until(self) -> datetime:
        return self.house.clock() + self.pace.lease
