"""The profile of an account's holder: sealed when it is kept, masked when it is shown."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from models.engines import Row
from models.kinds import IdentityKind
from services.accounts.identity import Identity
from services.accounts.masks import masked_name, masked_number, masked_phone
from services.refusals import RefusalCode, Refused
from services.vault import CannotOpen, Purpose, Vault

_PHONE = re.compile(r"\+?[0-9]{5,18}")
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]{9}")


@dataclass(frozen=True, slots=True)
class OpenProfile:
    """Who holds an account, in the clear."""

    name: str = field(repr=False)
    identity_kind: IdentityKind
    identity_number: str = field(repr=False)
    birth_date: date = field(repr=False)
    phone: str = field(repr=False)
    issuing_country: str | None = None


@dataclass(frozen=True, slots=True)
class ShownProfile:
    """Who holds an account, masked; None for what the house cannot read any more."""

    name: str | None
    identity_kind: IdentityKind
    identity_number: str | None
    phone: str | None

    @property
    def is_readable(self) -> bool:
        """Whether the data keys that it was sealed with are there."""
        return None not in {self.name, self.identity_number, self.phone}


def holders_name(text: str) -> str:
    """Return a name in one form: no full-width letters, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def phone_number(text: str) -> str:
    """Return a phone number in one form: digits, after a plus where the country is named.

    A Chinese mobile number without its country gets +86.

    Raises:
        Refused: ``PHONE_INVALID``.
    """
    number = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if not _PHONE.fullmatch(number):
        raise Refused(RefusalCode.PHONE_INVALID, "phone")
    return f"+86{number}" if _CHINESE_MOBILE.fullmatch(number) else number


def sealed_profile(vault: Vault, identity: Identity, name: str, phone: str) -> Row:
    """Return the row that keeps a profile, but for its id."""
    return {
        "identity_kind": identity.kind,
        "issuing_country": identity.issuing_country,
        "name_sealed": vault.seal(Purpose.NAME, name),
        "identity_number_sealed": vault.seal(Purpose.IDENTITY_NUMBER, identity.number),
        "birth_date_sealed": vault.seal(Purpose.BIRTH_DATE, identity.born.isoformat()),
        "phone_sealed": vault.seal(Purpose.PHONE, phone),
    }


def shown_profile(vault: Vault, row: Row) -> ShownProfile:
    """Return a profile as its holder and the house's people see it."""

    def masked(purpose: Purpose, column: str) -> str | None:
        try:
            return _MASKS[purpose](vault.open(purpose, row[column]))
        except CannotOpen:
            return None

    return ShownProfile(
        name=masked(Purpose.NAME, "name_sealed"),
        identity_kind=IdentityKind(row["identity_kind"]),
        identity_number=masked(Purpose.IDENTITY_NUMBER, "identity_number_sealed"),
        phone=masked(Purpose.PHONE, "phone_sealed"),
    )


_MASKS = {
    Purpose.NAME: masked_name,
    Purpose.IDENTITY_NUMBER: masked_number,
    Purpose.PHONE: masked_phone,
}


def opened_profile(vault: Vault, row: Row) -> OpenProfile:
    """Return a profile in the clear.

    Raises:
        CannotOpen: A data key is missing.
    """
    return OpenProfile(
        name=vault.open(Purpose.NAME, row["name_sealed"]),
        identity_kind=IdentityKind(row["identity_kind"]),
        identity_number=vault.open(Purpose.IDENTITY_NUMBER, row["identity_number_sealed"]),
        birth_date=date.fromisoformat(vault.open(Purpose.BIRTH_DATE, row["birth_date_sealed"])),
        phone=vault.open(Purpose.PHONE, row["phone_sealed"]),
        issuing_country=row["issuing_country"],
    )
