"""How the bank behaves: a seeded plan, so that what went wrong once can be made to again."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """Chances from 0 to 1, and spans of seconds. Without any, the bank settles at once and tells.

    Attributes:
        seed: Of every chance below.
        faults: How often chances are taken; afterwards the bank is well.
        later: That an instruction is only accepted, and settled after ``settles_after_s``.
        refuses: That it is refused.
        unavailable: That a request is turned away.
        dies_before: That the bank dies before it has written an instruction down.
        dies_after: That it dies after that.
        loses_answer: That the answer gets lost.
        answers_after_s: How slow it is.
        tells_after_s: How late callbacks are, each by itself, so that they overtake each other.
        repeats: That a callback comes again.
        forgets: That a callback never comes.
        forges: That somebody else's callback comes too, with the opposite in it.
        returns: That a payment comes back after ``returns_after_s``.
        takes_back: That what was collected is taken back after ``returns_after_s``.
    """

    seed: int = 0
    faults: int = 0
    later: float = 0
    refuses: float = 0
    unavailable: float = 0
    dies_before: float = 0
    dies_after: float = 0
    loses_answer: float = 0
    answers_after_s: Span = (0, 0)
    settles_after_s: Span = (0, 0)
    tells_after_s: Span = (0, 0)
    repeats: float = 0
    forgets: float = 0
    forges: float = 0
    returns: float = 0
    takes_back: float = 0
    returns_after_s: Span = (0, 0)

    @staticmethod
    def of(content: Mapping[str, Any]) -> "Plan":
        """Return the plan that JSON describes.

        Raises:
            ValueError: It names what there is not.
        """
        names = {field.name for field in fields(Plan)}
        if unknown := set(content) - names:
            raise ValueError(f"a plan has no {', '.join(sorted(unknown))}")
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in content.items()
        }
        return Plan(**given)


class Chance:
    """What happens once, drawn from the plan's seed and a number that rises each time."""

    def __init__(self, plan: Plan, number: int) -> None:
        self._plan = plan if number < plan.faults else Plan()
        self._random = random.Random(f"{plan.seed}:{number}")  # noqa: S311 - guards nothing

    def happens(self, name: str) -> bool:
        """Tell whether something does."""
        chance: float = getattr(self._plan, name)
        return self._random.random() < chance

    def seconds(self, name: str) -> float:
        """Return how long something takes."""
        low, high = getattr(self._plan, name)
        return self._random.uniform(low, high)
