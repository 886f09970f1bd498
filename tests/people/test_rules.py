"""What is guessed first is not taken: passwords and payment PINs."""

from datetime import date

import pytest

from services.password_rules import check_password
from services.people.pin_rules import check_pin
from services.refusals import RefusalCode, Refused

EMAIL = "xiaoming@example.com"


@pytest.mark.parametrize(
    "password",
    [
        "password2026",
        "Passw0rd!!!",
        "p@ssw0rd2026",
        "QWERTYUIOP",
        "qwerty12345",
        "woaini1314520",
        "Welcome2026!",
        "1234567890",
        "9876543210",
        "8613800000000",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcdefghijklm",
        "xiaoming@example.com",
        "XiaoMing19900317",
        "iloveyou!!!",
    ],
)
def test_a_password_that_is_guessed_first(password: str) -> None:
    with pytest.raises(Refused) as caught:
        check_password(password, EMAIL, "newPassword")
    assert (caught.value.refusal.code, caught.value.refusal.path) == (
        RefusalCode.WEAK_PASSWORD,
        ("newPassword",),
    )


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "Kf7#mQ2x9!",
        "我的小狗叫阿黄今年五岁",
        "password of my aunt",
        "x1y2z3x1y2z3",
    ],
)
def test_a_password_that_is_not(password: str) -> None:
    check_password(password, EMAIL)


@pytest.mark.parametrize(
    "pin",
    [
        "000000",
        "777777",
        "123456",
        "654321",
        "012345",
        "789012",
        "210987",
        "123123",
        "121212",
        "123321",
        "900317",
        "170390",
        "031790",
        "199003",
        "031990",
    ],
)
def test_a_pin_that_is_guessed_first(pin: str) -> None:
    with pytest.raises(Refused) as caught:
        check_pin(pin, [date(1990, 3, 17)])
    assert caught.value.refusal.code is RefusalCode.WEAK_PIN


@pytest.mark.parametrize("pin", ["935182", "706143", "112233", "135791"])
def test_a_pin_that_is_not(pin: str) -> None:
    check_pin(pin, [date(1990, 3, 17)])
