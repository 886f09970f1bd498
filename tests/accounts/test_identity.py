"""Documents are read in one form, and say who somebody is and how old."""

from datetime import date

import pytest

from models.kinds import IdentityKind
from services.accounts.identity import Document, Identity, is_of_age, read_identity
from services.refusals import RefusalCode, Refused

RESIDENT = "110101199003071233"
ENDING_IN_X = "11010519491231002X"
BORN = date(1990, 3, 7)


def read(kind: str, number: str, born: date | None = None, country: str | None = None) -> Identity:
    """Return whose document it is."""
    return read_identity(Document(IdentityKind(kind), number, born, country))


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (RESIDENT, RESIDENT),
        (f" {RESIDENT[:6]} {RESIDENT[6:14]}-{RESIDENT[14:]} ", RESIDENT),
        ("１１０１０１１９９００３０７１２３３", RESIDENT),
        (ENDING_IN_X.lower(), ENDING_IN_X),
        ("11010519491231002ｘ", ENDING_IN_X),
    ],
)
def test_spellings_of_one_number_are_one_identity(given: str, number: str) -> None:
    assert read("RESIDENT_ID", given).text == f"RESIDENT_ID//{number}"


@pytest.mark.parametrize(
    ("kind", "number", "kept"),
    [
        ("RESIDENCE_PERMIT", "81000019900307123X", "81000019900307123X"),
        ("PERMANENT_RESIDENCE", "911111199003071230", "911111199003071230"),
        ("HK_MACAU_PERMIT", "h12345678", "H12345678"),
        ("HK_MACAU_PERMIT", "M1234567802", "M12345678"),
        ("TAIWAN_PERMIT", "12345678", "12345678"),
        ("PASSPORT", "e1234567", "E1234567"),
    ],
)
def test_each_kind_of_document(kind: str, number: str, kept: str) -> None:
    if kind in {"RESIDENCE_PERMIT", "PERMANENT_RESIDENCE"}:
        number = kept = number[:17] + check_digit(number)
    found = read(kind, number, BORN, "fra")
    assert (found.number, found.born) == (kept, BORN)
    assert found.issuing_country == ("FRA" if kind == "PASSPORT" else None)


def check_digit(number: str) -> str:
    """Return the last character of a number of 18, by the published weights (GB 11643)."""
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return "10X98765432"[total % 11]


def test_a_number_keeps_the_county_it_was_given() -> None:
    """The county was founded long after its oldest residents were born."""
    number = "13010419500307123"
    assert read("RESIDENT_ID", number + check_digit(number)).born == date(1950, 3, 7)


@pytest.mark.parametrize(
    ("kind", "number", "born", "country", "code", "path"),
    [
        ("RESIDENT_ID", "110101199003071234", None, None, "IDENTITY_INVALID", "identityNumber"),
        ("RESIDENT_ID", "1101011990030712", None, None, "IDENTITY_INVALID", "identityNumber"),
        ("RESIDENT_ID", "11010119900307123A", None, None, "IDENTITY_INVALID", "identityNumber"),
        ("RESIDENT_ID", "X10101199003071233", None, None, "IDENTITY_INVALID", "identityNumber"),
        ("RESIDENT_ID", "110101900307123", None, None, "IDENTITY_INVALID", "identityNumber"),
        ("RESIDENT_ID", "", None, None, "IDENTITY_INVALID", "identityNumber"),
        ("RESIDENT_ID", RESIDENT, date(1990, 3, 8), None, "IDENTITY_INVALID", "birthDate"),
        ("RESIDENCE_PERMIT", RESIDENT, None, None, "IDENTITY_INVALID", "identityNumber"),
        ("HK_MACAU_PERMIT", "X12345678", BORN, None, "IDENTITY_INVALID", "identityNumber"),
        ("TAIWAN_PERMIT", "1234567", BORN, None, "IDENTITY_INVALID", "identityNumber"),
        ("PASSPORT", "ABCDEF", BORN, "FRA", "IDENTITY_INVALID", "identityNumber"),
        ("PASSPORT", "E1234567", BORN, None, "IDENTITY_INVALID", "issuingCountry"),
        ("PASSPORT", "E1234567", BORN, "FR", "IDENTITY_INVALID", "issuingCountry"),
        ("PASSPORT", "E1234567", None, "FRA", "BIRTH_DATE_NEEDED", "birthDate"),
        ("PASSPORT", "E1234567", date(1899, 12, 31), "FRA", "IDENTITY_INVALID", "birthDate"),
    ],
)
def test_what_is_no_document(
    kind: str, number: str, born: date | None, country: str | None, code: str, path: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(kind, number, born, country)
    assert (refused.value.refusal.code, refused.value.refusal.path) == (RefusalCode(code), (path,))
    assert number[:6] not in repr(refused.value) or not number


def test_a_day_that_there_was_not() -> None:
    number = "11010119900230123"
    with pytest.raises(Refused):
        read("RESIDENT_ID", number + check_digit(number))


@pytest.mark.parametrize(
    ("born", "first_day"),
    [
        (date(2008, 3, 2), date(2026, 3, 2)),
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(2008, 2, 28), date(2026, 2, 28)),
        (date(2007, 12, 31), date(2025, 12, 31)),
    ],
)
def test_of_age_from_the_eighteenth_birthday_on(born: date, first_day: date) -> None:
    assert is_of_age(born, first_day)
    assert not is_of_age(born, date.fromordinal(first_day.toordinal() - 1))


def test_a_document_and_an_identity_do_not_show_their_numbers() -> None:
    document = Document(IdentityKind.RESIDENT_ID, RESIDENT)
    for shown in (repr(document), repr(read_identity(document))):
        assert RESIDENT not in shown
        assert "1990" not in shown
