"""Who a request comes from: whom trusted proxies name, and nobody's own word."""

import pytest

from app.client_address import client_address, read_networks
from app.settings import Settings

TRUSTED = read_networks("10.0.0.0/8, 2001:db8::/32")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1, made up, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("2001:db8::1", "2001:db9::7", "2001:db9::7"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (None, "198.51.100.1", None),
        ("testclient", None, None),
        ("10.0.0.1", ",".join(["10.0.0.2"] * 10_000), "10.0.0.2"),
    ],
)
def test_the_header_is_read_from_its_end(
    peer: str | None, forwarded: str | None, expected: str | None
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == expected


def test_by_default_nobody_is_trusted() -> None:
    assert Settings.from_environment({}).trusted_proxies == ()
    assert client_address("127.0.0.1", "198.51.100.1", ()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"COFFER_TRUSTED_PROXIES": "10.0.0.1/8"}, "COFFER_TRUSTED_PROXIES"),
        ({"COFFER_TRUSTED_PROXIES": "everybody"}, "COFFER_TRUSTED_PROXIES"),
        ({"COFFER_SMTP_URL": "http://a:hidden@b"}, "COFFER_SMTP_URL"),
        ({"COFFER_SMTP_URL": "smtp://a:hidden@b:port"}, "COFFER_SMTP_URL"),
        ({"COFFER_SMTP_URL": "smtp://a:hidden@b"}, "COFFER_MAIL_FROM"),
        ({"COFFER_SMTP_URL": "smtp://b", "COFFER_MAIL_FROM": "somebody"}, "COFFER_MAIL_FROM"),
    ],
)
def test_a_setting_that_is_wrong_is_told(environment: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        Settings.from_environment(environment)
    assert "hidden" not in str(caught.value)
