"""Webhooks under torture: partners who are told everything at an address, and whether they were."""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from tests.torture.blows import say
from tests.torture.database import Rows
from tests.torture.wire import Data, position_of
from tests.webhooks.receiver import Received, Receiver

PATIENCE_S = 60.0
"""How long nothing may come: who delivers may have died, and nobody knows for 30 s."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One partner's webhook.

    Attributes:
        name: For people.
        path: Where it leads to, at the receiver.
        audiences: Whose events it must be told, as the feed's table names them.
        since: The last position before it was made.
    """

    name: str
    path: str
    audiences: frozenset[str]
    since: int

    def expected(self, feed: Rows) -> Rows:
        """Return the rows of the feed's table that it must be told."""
        return [row for row in feed if row["id"] > self.since and row["audience"] in self.audiences]


@dataclass(slots=True)
class Post:
    """What partners are told, verified as it comes: ``told`` is path, id and content of each."""

    verifiers: dict[str, Verifier] = field(default_factory=dict)
    told: list[tuple[str, str, Data]] = field(default_factory=list)

    def hear(self, received: Received) -> int:
        """Take a message in that is signed as it must be; turn another one away."""
        try:
            content = self.verifiers[received.path].verify(received.body, received.headers)
        except WebhookVerificationError:
            return 401
        self.told.append((received.path, received.id, content))
        return 204


def wait_for(receiver: Receiver, hooks: Iterable[Hook], feed: Rows) -> list[str]:
    """Wait until the last event of each was accepted, as long as anything comes; say what is late.

    Who delivers to a partner sends one message after the other: after much there is much to send.
    """
    late: list[str] = []
    for hook in hooks:
        last = max((row["id"] for row in hook.expected(feed)), default=0)
        has_come = _has(hook, last)
        come_before = -1
        while len(receiver.accepted) > come_before:
            come_before = len(receiver.accepted)
            with contextlib.suppress(TimeoutError):
                receiver.wait_until(has_come, PATIENCE_S)
                break
        else:
            late.append(f"the webhook of {hook.name} waits for {last} in vain")
    return late


def wrongs(post: Post, hook: Hook, feed: Rows) -> list[str]:
    """Return what was wrong with what a webhook was told: everything, in order, is right."""
    wrong: list[str] = []
    first: dict[str, tuple[int, str]] = {}
    contents: dict[str, Data] = {}
    for path, message_id, content in post.told:
        if path != hook.path:
            continue
        event = (position_of(content["data"]["cursor"]), str(content["type"]))
        if contents.setdefault(message_id, content) != content:
            wrong.append(f"{hook.name} was told {message_id} in two ways")
        first.setdefault(message_id, event)
    expected = [(row["id"], row["kind"]) for row in hook.expected(feed)]
    say(f"  the webhook of {hook.name}: {len(first)} events")
    if list(first.values()) != expected:
        missing = len(set(expected) - set(first.values()))
        wrong.append(f"{hook.name} was not told {missing} of {len(expected)}, or in another order")
    return wrong


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
