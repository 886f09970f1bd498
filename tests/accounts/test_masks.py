"""What is masked is enough to recognise, and too little to use."""

import pytest

from services.accounts.masks import masked_name, masked_number, masked_phone


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王小明", "王*明"),
        ("王明", "王*"),
        ("王", "王*"),
        ("欧阳小明", "欧**明"),
        ("Ming Li", "M*****i"),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("11010119900307123X", "1101**********123X"),
        ("E12345678", "E1*****78"),
        ("12345678", "12****78"),
        ("A1234", "A***4"),
    ],
)
def test_numbers(number: str, shown: str) -> None:
    assert masked_number(number) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+8613800000000", "+86138****0000"),
        ("85212345678", "852****5678"),
        ("12345678", "****5678"),
        ("1234567", "*******"),
    ],
)
def test_phones(phone: str, shown: str) -> None:
    assert masked_phone(phone) == shown
