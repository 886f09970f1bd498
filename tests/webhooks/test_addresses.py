"""A webhook leads to a public address, however it is written, and to nothing else."""

from ipaddress import ip_address

import pytest

from services.courier import AddressRefused
from services.webhooks.addresses import check_address, is_public, read_url

PUBLIC = ["8.8.8.8", "1.1.1.1", "203.0.114.1", "2606:4700::1111", "2a00:1450:4001:80e::200e"]

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing is bound here
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::7f00:1",
    "2001:db8::1",
    "2001:2::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_gone_to(address: str) -> None:
    assert is_public(ip_address(address))
    check_address(address, "https")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_others_are_not(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(AddressRefused):
        check_address(address, "https")


def test_a_public_ipv4_address_in_ipv6_is_public() -> None:
    assert is_public(ip_address("::ffff:8.8.8.8"))


def test_a_zone_does_not_hide_what_an_address_is() -> None:
    with pytest.raises(AddressRefused):
        check_address("fe80::1%eth0", "https")


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/", "hooks.example.com"),
        ("HTTPS://Hooks.Example.com/A?b=C", "hooks.example.com", 443, "/A?b=C", None),
        ("https://example.com:8443/a", "example.com", 8443, "/a", "example.com:8443"),
        ("https://example.com?x=1", "example.com", 443, "/?x=1", "example.com"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/", "8.8.8.8"),
        ("https://[2606:4700::1111]:444/x", "2606:4700::1111", 444, "/x", "[2606:4700::1111]:444"),
        ("https://xn--fiqs8s.example/%E4", "xn--fiqs8s.example", 443, "/%E4", None),
    ],
)
def test_a_url_is_read(url: str, host: str, port: int, path: str, authority: str | None) -> None:
    target = read_url(url)
    assert (target.scheme, target.host, target.port, target.path) == ("https", host, port, path)
    assert authority is None or target.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https:///path",
        "https://",
        "//example.com/",
        "https:example.com",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com@127.0.0.1/",
        "https://127.0.0.1#@example.com/",
        "https://example.com/#fragment",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/a b",
        "https://example.com/\t",
        "https://example.com/\r\nHost: other",
        "https://exämple.com/",
        "https://example。com/",
        "https://127.0.0.1。example/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:x/",
        "https://example.com:443:443/",
        "https://.example.com/",
        "https://example.com./",
        "https://localhost/",
        "https://redis/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.0x1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[::]/",
        "https://[1::2::3]/",
        "https://::1/",
        "https://example.com/" + "a" * 500,
    ],
)
def test_what_is_no_url_of_a_webhook(url: str) -> None:
    with pytest.raises(AddressRefused):
        read_url(url)


def test_this_machine_itself_is_for_tests_alone() -> None:
    for url in ("http://127.0.0.1:9000/x", "http://localhost:9000/x", "http://[::1]:9000/x"):
        assert read_url(url, loopback=True).scheme == "http"
    check_address("127.0.0.1", "http", loopback=True)
    check_address("127.0.0.1", "https", loopback=True)
    for address in ("10.0.0.1", "8.8.8.8"):
        with pytest.raises(AddressRefused):
            check_address(address, "http", loopback=True)
    with pytest.raises(AddressRefused):
        read_url("http://10.0.0.1/", loopback=True)
