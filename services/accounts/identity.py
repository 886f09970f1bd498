"""Who a holder is, by the document that says so: read, checked, and brought to one form.

Two spellings of one document are one identity: full-width digits, a small x, spaces, and the issue
number that a renewed permit adds.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from models.kinds import IdentityKind
from services.refusals import RefusalCode, Refused

OF_AGE = 18
EARLIEST = date(1900, 1, 1)
"""A date of birth before it is a slip of the pen."""

_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_FIRST_DIGITS: dict[IdentityKind, re.Pattern[str]] = {
    IdentityKind.RESIDENT_ID: re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]"),
    IdentityKind.RESIDENCE_PERMIT: re.compile(r"8[1-3]0000"),
    IdentityKind.PERMANENT_RESIDENCE: re.compile(r"9"),
}
"""How a number of 18 digits begins: with a province, with where a resident of Hong Kong, Macau or
Taiwan comes from, with 9.

The county behind the province is not held against a table: counties are renamed and merged, and a
number keeps the one that it was given.
"""

_FORMS: dict[IdentityKind, re.Pattern[str]] = {
    IdentityKind.HK_MACAU_PERMIT: re.compile(r"([HM][0-9]{8})(?:[0-9]{2})?"),
    IdentityKind.TAIWAN_PERMIT: re.compile(r"([0-9]{8})"),
    IdentityKind.PASSPORT: re.compile(r"(?=[A-Z0-9]*[0-9])([A-Z0-9]{5,15})"),
}
"""The other documents; the group is what stays when they are renewed."""

_COUNTRY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Document:
    """An identity document, as its holder gives it."""

    kind: IdentityKind
    number: str = field(repr=False)
    birth_date: date | None = field(default=None, repr=False)
    issuing_country: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """A valid identity in its one form. ``issuing_country`` is a passport's alone."""

    kind: IdentityKind
    number: str = field(repr=False)
    born: date = field(repr=False)
    issuing_country: str | None = None

    @property
    def text(self) -> str:
        """What an identity is found by, through the vault's fingerprint."""
        return identity_text(self.kind, self.issuing_country, self.number)


def identity_text(kind: IdentityKind, issuing_country: str | None, number: str) -> str:
    """Return what an identity is found by, of a number in its one form."""
    return f"{kind}/{issuing_country or ''}/{number}"


def read_identity(document: Document) -> Identity:
    """Check a document, and return whose it is.

    Raises:
        Refused: ``IDENTITY_INVALID``, ``BIRTH_DATE_NEEDED``.
    """
    number = read_number(document.kind, document.number)
    country = None
    if document.kind in _FIRST_DIGITS:
        born = ric.get_birth_date(number)
        if document.birth_date not in {None, born}:
            raise Refused(RefusalCode.IDENTITY_INVALID, "birthDate")
    else:
        if document.birth_date is None:
            raise Refused(RefusalCode.BIRTH_DATE_NEEDED, "birthDate")
        born = document.birth_date
    if document.kind is IdentityKind.PASSPORT:
        country = (document.issuing_country or "").upper()
        if not _COUNTRY.fullmatch(country):
            raise Refused(RefusalCode.IDENTITY_INVALID, "issuingCountry")
    if born < EARLIEST:
        raise Refused(RefusalCode.IDENTITY_INVALID, "birthDate")
    return Identity(document.kind, number, born, country)


def read_number(kind: IdentityKind, text: str) -> str:
    """Check a document's number, and return it in its one form.

    Raises:
        Refused: ``IDENTITY_INVALID``.
    """
    number = unicodedata.normalize("NFKC", text).upper()
    number = "".join(number.replace("-", " ").split())
    if kind in _FIRST_DIGITS:
        if _is_residents(kind, number):
            return number
    elif match := _FORMS[kind].fullmatch(number):
        return match[1]
    raise Refused(RefusalCode.IDENTITY_INVALID, "identityNumber")


def _is_residents(kind: IdentityKind, number: str) -> bool:
    if not (_RESIDENT.fullmatch(number) and _FIRST_DIGITS[kind].match(number)):
        return False
    try:
        ric.get_birth_date(number)
    except ValidationError:  # there was no such day
        return False
    return number[-1] == ric.calc_check_digit(number)


def is_of_age(born: date, today: date) -> bool:
    """Tell whether somebody is 18: from their birthday on.

    Who was born on the 29th of February is on the 1st of March, where the year has no such day.
    """
    return (today.year - OF_AGE, today.month, today.day) >= (born.year, born.month, born.day)
