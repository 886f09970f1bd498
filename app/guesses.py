"""Keeping whoever guesses keys and tokens from having every guess looked up."""

import time
from collections import OrderedDict
from collections.abc import Callable

from app.transport import Client, RateLimited
from services.secrets import secret_hash

GOOD_FOR_S = 3_600.0
CAPACITY = 100_000
"""How many good ones are remembered; of more, the one that was good longest ago is forgotten."""


class Guesses:
    """Lets credentials be looked up, until too many from the same address were wrong.

    What was good within the hour is always looked up: whoever stands behind the same address as
    somebody who guesses goes on. Only hashes are remembered, and only of what was good.

    Args:
        wait: For how many seconds nobody who is not known may ask from an address: each wrong
            guess counts as asking.
        monotonic_s: Seconds that only grow.
        capacity: How many good ones are remembered.
    """

    def __init__(
        self,
        wait: Callable[[Client], float],
        monotonic_s: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        self._wait = wait
        self._monotonic_s = monotonic_s
        self._capacity = capacity
        self._good_until_s: OrderedDict[str, float] = OrderedDict()

    def check(self, secret: str, client: Client) -> None:
        """Let a key or token be looked up.

        Raises:
            RateLimited: It may as well be the next of many guesses.
        """
        wait_s = self._wait(client)
        good_until_s = self._good_until_s.get(secret_hash(secret), 0.0) if wait_s else 0.0
        if wait_s and good_until_s <= self._monotonic_s():
            raise RateLimited(wait_s)

    def was_good(self, secret: str) -> None:
        """Remember that a key or token was found."""
        hashed = secret_hash(secret)
        self._good_until_s[hashed] = self._monotonic_s() + GOOD_FOR_S
        self._good_until_s.move_to_end(hashed)
        if len(self._good_until_s) > self._capacity:
            self._good_until_s.popitem(last=False)
