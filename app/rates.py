"""How much callers may ask for: a token bucket for each caller, and one for each address.

An operation takes one unit when it comes, and more for what is only known later
(docs/decisions/0017-hostile-clients.md).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache

from app.client_address import Network, client_address
from app.transport import Client
from services.actors import Actor, ActorKind
from services.origin import Origin
from services.throttling import Rate

CAPACITY = 100_000
"""How many buckets are remembered; of more, the one that was used longest ago is full again."""
ADDRESSES_KEPT = 10_000
FORWARDED_KEPT = 200
"""How long a header may be to be remembered with its address: it may hold anything."""
ADDRESS = "address"
"""The bucket that all people behind one address share."""

Key = tuple[str, str]
"""Which rate a bucket is filled at, and whose it is."""


class Buckets:
    """The token buckets of one process.

    A bucket is kept as the moment at which it will be full, so that an idle one needs no care.

    Args:
        clock: Seconds that only grow.
        shared: Whether what is spent is remembered, for ``take_unsettled``.
        capacity: How many are remembered.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        shared: bool = False,
        capacity: int = CAPACITY,
    ) -> None:
        self._clock = clock
        self._shared = shared
        self._capacity = capacity
        self._full_at_s: OrderedDict[Key, float] = OrderedDict()
        self._unsettled_s: dict[Key, float] = {}

    def wait(self, key: Key, rate: Rate) -> float:
        """Return for how many seconds a bucket is empty: 0 where there is something in it."""
        now = self._clock()
        full_in_s = max(self._full_at_s.get(key, now) - now, 0.0)
        return max(full_in_s - (rate.burst - 1) * rate.every.total_seconds(), 0.0)

    def take(self, key: Key, rate: Rate, units: int) -> None:
        """Take units out, be there as many or not: what is missing is waited for the next time."""
        spent_s = units * rate.every.total_seconds()
        now = self._clock()
        self._set(key, max(self._full_at_s.get(key, now), now) + spent_s)
        if self._shared:
            self._unsettled_s[key] = self._unsettled_s.get(key, 0.0) + spent_s

    def take_unsettled(self) -> dict[Key, float]:
        """Return what was spent since the last time, as seconds that it takes to come back."""
        unsettled_s, self._unsettled_s = self._unsettled_s, {}
        return unsettled_s

    def settle(self, key: Key, full_in_s: float) -> None:
        """Take over when a bucket will be full, as all processes together have used it."""
        self._set(key, self._clock() + full_in_s + self._unsettled_s.get(key, 0.0))

    def _set(self, key: Key, full_at_s: float) -> None:
        self._full_at_s[key] = full_at_s
        self._full_at_s.move_to_end(key)
        if len(self._full_at_s) > self._capacity:
            self._full_at_s.popitem(last=False)


class Rates:
    """What each kind of caller may ask for.

    Args:
        rates: By the kind of caller in small letters, and ``address``; without one there is no end.
        buckets: What is left.
        trusted_proxies: Whose word on a caller's address is believed.
    """

    def __init__(
        self, rates: Mapping[str, Rate], buckets: Buckets, trusted_proxies: tuple[Network, ...]
    ) -> None:
        self._rates = rates
        self._buckets = buckets
        self._trusted_proxies = trusted_proxies

    def enter(self, actor: Actor | None, client: Client, units: int) -> float:
        """Take units for what a caller asks, or return how many seconds to come back in.

        Args:
            actor: Who asks; None for somebody whose credentials are not good.
            client: Where from.
            units: How many; one must be there.
        """
        drawn = self._drawn_on(actor, client)
        wait_s = max((self._buckets.wait(*bucket) for bucket in drawn), default=0.0)
        if not wait_s:
            for bucket in drawn:
                self._buckets.take(*bucket, units)
        return wait_s

    def wait_of_nobody(self, client: Client) -> float:
        """Return for how many seconds nobody who is not known may ask from an address."""
        drawn = self._drawn_on(None, client)
        return max((self._buckets.wait(*bucket) for bucket in drawn), default=0.0)

    def owe(self, actor: Actor, client: Client, units: int) -> None:
        """Take units for what turned out to be asked."""
        for bucket in self._drawn_on(actor, client):
            self._buckets.take(*bucket, units)

    def _drawn_on(self, actor: Actor | None, client: Client) -> list[tuple[Key, Rate]]:
        """Return the buckets that a caller draws on."""
        kind = ActorKind.NOBODY if actor is None else actor.kind
        drawn = []
        rate = self._rates.get(kind.lower())
        if rate is not None:
            whose = str(actor.id) if actor is not None and actor.id else self._address_of(client)
            drawn.append(((kind.lower(), whose), rate))
        # A partner's whole business may come from one address.
        rate = self._rates.get(ADDRESS)
        if rate is not None and kind not in {ActorKind.NOBODY, ActorKind.PARTNER}:
            drawn.append(((ADDRESS, self._address_of(client)), rate))
        return drawn

    def _address_of(self, client: Client) -> str:
        trusted = self._trusted_proxies
        forwarded = client.headers.get("x-forwarded-for", "") if trusted else ""
        if len(forwarded) > FORWARDED_KEPT:
            return _counted_as.__wrapped__(client.peer, forwarded, trusted)
        return _counted_as(client.peer, forwarded, trusted)


@lru_cache(ADDRESSES_KEPT)
def _counted_as(peer: str | None, forwarded: str, trusted: tuple[Network, ...]) -> str:
    return Origin(client_address(peer, forwarded, trusted)).counted_as or ""
