"""Webhooks under torture: partners who are told everything at an address, and whether they were."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from standardwebhooks.webhooks import Webhook as Verifier

from tests.torture.database import Rows
from tests.torture.wire import Data, position_of
from tests.webhooks.receiver import Receiver

PATIENCE_S = 150.0
"""How long the last message may take: who delivers may have died, and nobody knows for 30 s."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One partner's webhook.

    Attributes:
        name: For people.
        path: Where it leads to, at the receiver.
        secret: What its messages are signed with.
        audiences: Whose events it must be told, as the feed's table names them.
        since: The last position before it was made.
    """

    name: str
    path: str
    secret: str
    audiences: frozenset[str]
    since: int

    def expected(self, feed: Rows) -> Rows:
        """Return the rows of the feed's table that it must be told."""
        return [row for row in feed if row["id"] > self.since and row["audience"] in self.audiences]


def wait_for(receiver: Receiver, hooks: Iterable[Hook], feed: Rows) -> list[str]:
    """Wait until the last event of each was accepted; say which was not."""
    late: list[str] = []
    deadline = time.monotonic() + PATIENCE_S
    for hook in hooks:
        last = max((row["id"] for row in hook.expected(feed)), default=0)
        try:
            left_s = max(deadline - time.monotonic(), 0)
            receiver.wait_until(_has(hook, last), left_s)
        except TimeoutError:
            late.append(f"the webhook of {hook.name} waits for {last} in vain")
    return late


def told(receiver: Receiver, hook: Hook) -> tuple[list[tuple[int, str]], list[str]]:
    """Return what a webhook accepted, once each in the order it came, and what was wrong."""
    verifier = Verifier(hook.secret)
    wrong: list[str] = []
    first: dict[str, tuple[int, str]] = {}
    contents: dict[str, Data] = {}
    for received in receiver.accepted:
        if received.path != hook.path:
            continue
        content = verifier.verify(received.body, received.headers)
        event = (position_of(content["data"]["cursor"]), str(content["type"]))
        if contents.setdefault(received.id, content) != content:
            wrong.append(f"{hook.name} was told {received.id} in two ways")
        first.setdefault(received.id, event)
    order = [position for position, _ in first.values()]
    if order != sorted(order):
        wrong.append(f"{hook.name} was told in the order {order}")
    return list(first.values()), wrong


def _has(hook: Hook, position: int) -> Callable[[Receiver], bool]:
    """Return whether this position was accepted; only what has arrived since is looked at again."""
    seen = 0

    def look(receiver: Receiver) -> bool:
        nonlocal seen
        news, seen = receiver.accepted[seen:], len(receiver.accepted)
        return position == 0 or any(
            received.path == hook.path
            and position_of(received.content["data"]["cursor"]) >= position
            for received in news
        )

    return look
