"""Refusals: answers that say no, clearly, and change nothing."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RefusalCode(StrEnum):
    """Every reason for which Coffer says no. The names are published and never change."""

    ACCOUNT_BLOCKED = "ACCOUNT_BLOCKED"
    ACCOUNT_BUSY = "ACCOUNT_BUSY"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ACCOUNT_EXISTS = "ACCOUNT_EXISTS"
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH"
    API_KEY_ENDED = "API_KEY_ENDED"
    API_KEY_REPLACED = "API_KEY_REPLACED"
    BANK_MISSING = "BANK_MISSING"
    BANK_REFUSED = "BANK_REFUSED"
    BIRTH_DATE_NEEDED = "BIRTH_DATE_NEEDED"
    CARD_IN_USE = "CARD_IN_USE"
    CARD_LIMIT_REACHED = "CARD_LIMIT_REACHED"
    CARD_NUMBER_INVALID = "CARD_NUMBER_INVALID"
    CARD_REFUSED = "CARD_REFUSED"
    CARD_REQUIRED = "CARD_REQUIRED"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    DRAW_CLOSED = "DRAW_CLOSED"
    DRAW_EXISTS = "DRAW_EXISTS"
    DRAW_NOT_CLOSED = "DRAW_NOT_CLOSED"
    DRAW_NOT_PUBLISHED = "DRAW_NOT_PUBLISHED"
    DRAW_PUBLISHED = "DRAW_PUBLISHED"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    EXPIRY_OUT_OF_RANGE = "EXPIRY_OUT_OF_RANGE"
    FROZEN_BY_HOLDER = "FROZEN_BY_HOLDER"
    FROZEN_BY_OPERATOR = "FROZEN_BY_OPERATOR"
    EXCLUSION_NOT_LONGER = "EXCLUSION_NOT_LONGER"
    EXCLUSION_OUT_OF_RANGE = "EXCLUSION_OUT_OF_RANGE"
    HOLD_ENDED = "HOLD_ENDED"
    IDENTITY_INVALID = "IDENTITY_INVALID"
    IDENTITY_IN_USE = "IDENTITY_IN_USE"
    IDENTITY_MISMATCH = "IDENTITY_MISMATCH"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    INVITATION_ENDED = "INVITATION_ENDED"
    KEY_REUSED = "KEY_REUSED"
    LAST_ADMINISTRATOR = "LAST_ADMINISTRATOR"
    MANDATE_EXPIRED = "MANDATE_EXPIRED"
    MANDATE_LIMIT_EXCEEDED = "MANDATE_LIMIT_EXCEEDED"
    MANDATE_MISSING = "MANDATE_MISSING"
    MORE_THAN_ONES_OWN = "MORE_THAN_ONES_OWN"
    NO_ACCOUNT = "NO_ACCOUNT"
    NOT_FOUND = "NOT_FOUND"
    NOT_WINNING_TICKET = "NOT_WINNING_TICKET"
    ONES_OWN_ACCESS = "ONES_OWN_ACCESS"
    ORDER_REFERENCE_USED = "ORDER_REFERENCE_USED"
    PAID_ALREADY = "PAID_ALREADY"
    PARAMETER_OUT_OF_RANGE = "PARAMETER_OUT_OF_RANGE"
    PARTNER_SUSPENDED = "PARTNER_SUSPENDED"
    PHONE_INVALID = "PHONE_INVALID"
    PRIZE_EXPIRED = "PRIZE_EXPIRED"
    REASON_NEEDED = "REASON_NEEDED"
    REVERSED_ALREADY = "REVERSED_ALREADY"
    ROLE_FIXED = "ROLE_FIXED"
    ROLE_IN_USE = "ROLE_IN_USE"
    ROLE_NAME_TAKEN = "ROLE_NAME_TAKEN"
    SCOPE_NOT_OF_KIND = "SCOPE_NOT_OF_KIND"
    SELF_EXCLUDED = "SELF_EXCLUDED"
    SELF_LIMIT_EXCEEDED = "SELF_LIMIT_EXCEEDED"
    SERIAL_USED = "SERIAL_USED"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    STEP_UP_REQUIRED = "STEP_UP_REQUIRED"
    SUPERVISOR_HAS_NO_ROLES = "SUPERVISOR_HAS_NO_ROLES"
    SUSPENSE_ENDED = "SUSPENSE_ENDED"
    TICKET_CONFIRMED = "TICKET_CONFIRMED"
    TICKET_REFUNDED = "TICKET_REFUNDED"
    TOO_MANY_API_KEYS = "TOO_MANY_API_KEYS"
    TOO_MANY_TRIES = "TOO_MANY_TRIES"
    UNDER_AGE = "UNDER_AGE"
    UNREADABLE = "UNREADABLE"
    WITHDRAWAL_LIMIT_EXCEEDED = "WITHDRAWAL_LIMIT_EXCEEDED"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason, the input path it is about, and what a front end needs to go on.

    ``details`` holds JSON values; amounts are minor units under names that end in ``_minor``.
    """

    code: RefusalCode
    path: tuple[str | int, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """Raised by a service that says no. ``replayed`` marks a stored answer given again."""

    def __init__(
        self,
        code: RefusalCode,
        *path: str | int,
        replayed: bool = False,
        **details: Any,  # noqa: ANN401 - JSON values
    ) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, path, details)
        self.replayed = replayed
