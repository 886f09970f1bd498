"""Reading inputs: each is checked here, and refused as BAD_USER_INPUT by field and rule."""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NoReturn, TypeVar
from uuid import UUID

from graphql_schema.faults import bad_input
from graphql_schema.messages import Language
from graphql_schema.relay import NodeKind, Page, Position, cursor_of, decode
from models.currencies import DECIMALS

KEY_MAX = 128
IDS_MAX = 100
PAGE_MAX = 100
PAGE_DEFAULT = 20
AMOUNT_MAX_MINOR = 10**15
POSITION_MAX = 2**63 - 1
EMAIL_MAX = 254
PASSWORD_MIN, PASSWORD_MAX = 10, 128
PHONE_MAX = 20
REASON_MAX = 200
NUMBER_MAX_DIGITS = 40

_DECIMAL = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
_PIN = re.compile(r"[0-9]{6}")
_WHOLE = re.compile(r"-?[0-9]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?[0-9](?:[ -]?[0-9]){4,17}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads inputs for one caller. Every method raises a coded ``GraphQLError`` in its language.

    ``field`` is where the input stands below the field's arguments, such as ``tickets.0.serial``.
    """

    language: Language

    def refuse(self, field: str, rule: str, **facts: object) -> NoReturn:
        """Refuse an input."""
        raise bad_input(self.language, field, rule, **facts)

    def text(self, value: str, field: str, maximum: int, minimum: int = 1) -> str:
        """Read printable text of a bounded length, which is not blank."""
        if len(value) > maximum:
            self.refuse(field, "TOO_LONG", maximum=maximum)
        if len(value) < minimum or (minimum and not value.strip()):
            self.refuse(field, "TOO_SHORT", minimum=minimum)
        if not value.isprintable():
            self.refuse(field, "NOT_PRINTABLE")
        return value

    def reason(self, value: str | None) -> str | None:
        """Read the reason for a sensitive action, where one is given."""
        return None if value is None else self.text(value, "reason", REASON_MAX)

    def key(self, value: str, field: str = "idempotencyKey") -> str:
        """Read an idempotency key."""
        return self.text(value, field, KEY_MAX)

    def email(self, value: str) -> str:
        """Read an e-mail address, in lower case."""
        value = self.text(value, "email", EMAIL_MAX).strip().lower()
        if not _EMAIL.fullmatch(value):
            self.refuse("email", "NOT_AN_EMAIL")
        return value

    def password(self, value: str, field: str = "password") -> str:
        """Read a new password. Its characters are its owner's business."""
        if len(value) < PASSWORD_MIN:
            self.refuse(field, "TOO_SHORT", minimum=PASSWORD_MIN)
        return self.given_password(value, field)

    def pin(self, value: str, field: str) -> str:
        """Read a payment PIN."""
        if not _PIN.fullmatch(value):
            self.refuse(field, "NOT_A_PIN")
        return value

    def given_password(self, value: str, field: str) -> str:
        """Read a password that is to be compared: however long, but not without end."""
        if len(value) > PASSWORD_MAX:
            self.refuse(field, "TOO_LONG", maximum=PASSWORD_MAX)
        return value

    def phone(self, value: str, field: str) -> str:
        """Read a phone number."""
        value = unicodedata.normalize("NFKC", self.text(value, field, PHONE_MAX)).strip()
        if not _PHONE.fullmatch(value):
            self.refuse(field, "NOT_A_PHONE")
        return value

    def currency(self, value: str, field: str) -> str:
        """Read an ISO 4217 code that is kept here."""
        if value not in DECIMALS:
            self.refuse(field, "UNKNOWN_CURRENCY")
        return value

    def amount(self, value: str, currency: str, field: str, *, positive: bool = True) -> int:
        """Read a decimal string as minor units of a currency; zero only where not ``positive``."""
        match = _DECIMAL.fullmatch(value)
        if match is None or len(value) > NUMBER_MAX_DIGITS:
            self.refuse(field, "NOT_DECIMAL")
        sign, whole, fraction = match[1], match[2], match[3] or ""
        decimals = DECIMALS[currency]
        if len(fraction) > decimals:
            self.refuse(field, "TOO_MANY_DECIMALS", decimals=decimals)
        amount_minor = int(whole + fraction.ljust(decimals, "0"))
        if sign or (positive and amount_minor == 0):
            self.refuse(field, "NOT_POSITIVE")
        if amount_minor > AMOUNT_MAX_MINOR:
            self.refuse(field, "TOO_LARGE")
        return amount_minor

    def whole(self, value: str, field: str) -> int:
        """Read a whole number that a database keeps."""
        if len(value) > NUMBER_MAX_DIGITS or not _WHOLE.fullmatch(value):
            self.refuse(field, "NOT_WHOLE")
        number = int(value)
        if not -POSITION_MAX <= number <= POSITION_MAX:
            self.refuse(
                field, "OUT_OF_RANGE", minimum=str(-POSITION_MAX), maximum=str(POSITION_MAX)
            )
        return number

    def time(self, value: str, field: str) -> datetime:
        """Read a moment, in UTC."""
        if not _TIME.fullmatch(value):
            self.refuse(field, "NOT_A_TIME")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.refuse(field, "NOT_A_TIME")

    def time_or_none(self, value: str | None, field: str) -> datetime | None:
        """Read a moment, where one is given."""
        return None if value is None else self.time(value, field)

    def date(self, value: str | None, field: str) -> date | None:
        """Read a date, where one is given."""
        if value is None:
            return None
        if not _DATE.fullmatch(value):
            self.refuse(field, "NOT_A_DATE")
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.refuse(field, "NOT_A_DATE")

    def id(self, value: str, kind: NodeKind, field: str) -> UUID:
        """Read the id of a thing of one kind."""
        found, row_id = self.node_id(value, field)
        if found is not kind:
            self.refuse(field, "WRONG_KIND_OF_ID", expected=kind.value)
        return row_id

    def plain_id(self, value: str, field: str) -> UUID:
        """Read the id of what is no node."""
        try:
            return UUID(value)
        except ValueError:
            self.refuse(field, "NOT_AN_ID")

    def node_id(self, value: str, field: str) -> tuple[NodeKind, UUID]:
        """Read the id of anything."""
        decoded = decode(value)
        if decoded is None:
            self.refuse(field, "NOT_AN_ID")
        return decoded

    def items(self, values: Sequence[T], field: str, maximum: int, minimum: int = 1) -> Sequence[T]:
        """Read a bounded list."""
        if len(values) > maximum:
            self.refuse(field, "TOO_MANY", maximum=maximum)
        if len(values) < minimum:
            self.refuse(field, "TOO_FEW", minimum=minimum)
        return values

    def page(
        self, kind: str, first: int, after: str | None, position: Callable[[str], Position]
    ) -> Page[Position]:
        """Read which page of a connection is asked for."""
        if not 1 <= first <= PAGE_MAX:
            self.refuse("first", "OUT_OF_RANGE", minimum=1, maximum=PAGE_MAX)
        return Page(kind, first, None if after is None else self.cursor(kind, after, position))

    def cursor(self, kind: str, cursor: str, position: Callable[[str], Position]) -> Position:
        """Read the position that a cursor of one kind stands for."""
        try:
            found, _, text = base64.b64decode(cursor, validate=True).decode().partition(":")
            at = position(text)
        except (binascii.Error, ValueError):
            self.refuse("after", "BAD_CURSOR")
        # Only what encodes to the same text again is a cursor of ours.
        if found != kind or cursor_of(kind, at) != cursor:
            self.refuse("after", "BAD_CURSOR")
        return at


def ordinal(text: str) -> int:
    """Return the number that a cursor holds.

    Raises:
        ValueError: It is none, or none that a database counts to.
    """
    number = int(text)
    if not 0 <= number <= POSITION_MAX:
        raise ValueError(text)
    return number
