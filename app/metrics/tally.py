"""Counting what one process is asked and what it answers, as plain numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from services.figures import Durations, Figure, FigureKind, Reading

OPERATIONS = Figure(
    "coffer_operations_total",
    FigureKind.COUNTER,
    "Operations that ended, by how they came, what they were, and how they ended.",
    "`fault` at all; `unavailable` for a minute; `rejected` or `unauthenticated` far above the "
    "usual, which is a client gone wrong or somebody guessing",
    ("transport", "kind", "outcome"),
)
OPERATION_SECONDS = Figure(
    "coffer_operation_seconds",
    FigureKind.DURATIONS,
    "How long queries and mutations took.",
    "the 99th percentile stays above 1 s for five minutes",
    ("kind",),
)
REFUSALS = Figure(
    "coffer_refusals_total",
    FigureKind.COUNTER,
    "Refusals that callers were given as answers, by code.",
    "a code rises far above its usual: `INSUFFICIENT_FUNDS` says little, `SIGN_IN_FAILED` is "
    "somebody guessing, `BANK_REFUSED` is the bank",
    ("code",),
)
ERRORS = Figure(
    "coffer_errors_total",
    FigureKind.COUNTER,
    "Top-level errors that callers were given, by code.",
    "`INTERNAL_FAULT` at all (the log has its story under `fault_id`); `UNAVAILABLE` or "
    "`OVERFLOW` rising",
    ("code",),
)

ERROR_CODES = frozenset(
    {
        "BAD_USER_INPUT",
        "FORBIDDEN",
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "INTERNAL_FAULT",
        "INTROSPECTION_DISABLED",
        "LIMIT_EXCEEDED",
        "OPERATION_TIMEOUT",
        "OVERFLOW",
        "PERSISTED_QUERY_NOT_FOUND",
        "PREFLIGHT_REQUIRED",
        "RATE_LIMITED",
        "TRUSTED_DOCUMENT_REQUIRED",
        "UNAUTHENTICATED",
        "UNAVAILABLE",
    }
)
"""The codes that are told apart; any other is counted as ``OTHER``."""


class Kind(StrEnum):
    """What an operation was."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"
    NONE = "none"


class Outcome(StrEnum):
    """How an operation ended, from the worst to the best."""

    FAULT = "fault"
    UNAVAILABLE = "unavailable"
    UNAUTHENTICATED = "unauthenticated"
    REJECTED = "rejected"
    ERROR = "error"
    REFUSED = "refused"
    ENDED = "ended"
    OK = "ok"


_BY_CODE = {
    "INTERNAL_FAULT": Outcome.FAULT,
    "OPERATION_TIMEOUT": Outcome.UNAVAILABLE,
    "UNAVAILABLE": Outcome.UNAVAILABLE,
    "UNAUTHENTICATED": Outcome.UNAUTHENTICATED,
}


def outcome_of(codes: Sequence[object], *, ran: bool, refused: bool) -> Outcome:
    """Return how an operation ended: the worst that its errors say.

    Args:
        codes: Of its top-level errors.
        ran: Whether it ran at all.
        refused: Whether any of its answers was a refusal.
    """
    if not codes:
        return Outcome.REFUSED if refused else Outcome.OK
    found = {_BY_CODE.get(str(code), Outcome.ERROR) for code in codes}
    worst = min(found, key=tuple(Outcome).index)
    return Outcome.REJECTED if worst is Outcome.ERROR and not ran else worst


class Tally:
    """What one process has been asked and has answered since it began."""

    FIGURES = (OPERATIONS, OPERATION_SECONDS, REFUSALS, ERRORS)

    def __init__(self) -> None:
        self._operations: Counter[tuple[str, Kind, Outcome]] = Counter()
        self._seconds = {Kind.QUERY: Durations(), Kind.MUTATION: Durations()}
        self._refusals: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def operation(self, transport: str, kind: Kind, outcome: Outcome, duration_s: float) -> None:
        """Count an operation that has ended."""
        self._operations[transport, kind, outcome] += 1
        if (seconds := self._seconds.get(kind)) is not None:
            seconds.add(duration_s)

    def refusals(self, codes: Iterable[str]) -> None:
        """Count refusals that were given as answers."""
        self._refusals.update(codes)

    def errors(self, codes: Iterable[object]) -> None:
        """Count top-level errors."""
        for code in codes:
            self._errors[str(code) if code in ERROR_CODES else "OTHER"] += 1

    def readings(self) -> Iterator[Reading]:
        """Yield everything that was counted."""
        for labels, count in self._operations.items():
            yield OPERATIONS.at(count, *labels)
        for kind, seconds in self._seconds.items():
            yield OPERATION_SECONDS.at(seconds, kind)
        for code, count in self._refusals.items():
            yield REFUSALS.at(count, code)
        for code, count in self._errors.items():
            yield ERRORS.at(count, code)
