"""The courier connects to the address that was judged, by the name that was asked for."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.adapters.http_courier import ANSWER_BYTES, HttpCourier, system_addresses
from services.courier import AddressRefused, CannotDeliver, Receipt
from tests.banking.sandbox import gone_at_once
from tests.webhooks.receiver import receiving

NAME = "hooks.example.com"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


class Names:
    """A resolver that answers as it is told, each time something else."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the next answer; the last one stays."""
        del port
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def talking(talk: Talk, certificates: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Run a server that says what it likes; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            done = talk(reader, writer)
            if asyncio.iscoroutine(done):
                await done
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificates)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_posts_and_tells_what_was_answered() -> None:
    with receiving() as receiver:
        async with HttpCourier(loopback=True) as courier:
            url = receiver.url("/a/b?c=d")
            await courier.check(url)
            receipt = await courier.post(url, {"webhook-id": "1"}, b"{}")
    assert receipt == Receipt(204)
    (arrived,) = receiver.arrived
    assert (arrived.path, arrived.body, arrived.id) == ("/a/b?c=d", b"{}", "1")
    assert arrived.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert arrived.headers["user-agent"].startswith("Coffer")


async def test_follows_no_redirect() -> None:
    with receiving(lambda _: 302) as receiver:
        async with HttpCourier(loopback=True) as courier:
            assert (await courier.post(receiver.url(), {}, b"")).status == 302
    assert len(receiver.arrived) == 1


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:192.168.0.1"],
        ["8.8.8.8", "10.0.0.1"],
        ["2606:4700::1111", "fe80::1%eth0"],
        [],
    ],
)
async def test_a_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    async with HttpCourier(resolve=Names(addresses)) as courier:
        with pytest.raises(AddressRefused):
            await courier.check(f"https://{NAME}/")
        with pytest.raises(CannotDeliver):
            await courier.post(f"https://{NAME}/", {}, b"")


async def test_a_name_that_led_outside_and_now_leads_inside_is_not_gone_to() -> None:
    called = 0

    def count(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        nonlocal called
        called += 1

    async with talking(count) as port:
        names = Names(["8.8.8.8"], ["127.0.0.1"])
        async with HttpCourier(resolve=names) as courier:
            url = f"https://{NAME}:{port}/"
            await courier.check(url)
            with pytest.raises(AddressRefused):
                await courier.post(url, {}, b"")
    assert names.asked == [NAME, NAME]
    assert called == 0


async def test_a_name_is_asked_once_for_a_message() -> None:
    with receiving() as receiver:
        names = Names(["127.0.0.1"], ["192.0.2.1"])
        async with HttpCourier(loopback=True, resolve=names) as courier:
            await courier.post(f"http://localhost:{receiver.port}/", {}, b"")
    assert names.asked == ["localhost"]
    assert receiver.arrived[0].headers["host"] == f"localhost:{receiver.port}"


async def test_a_name_that_does_not_exist() -> None:
    async def nowhere(host: str, port: int) -> list[str]:
        raise OSError(host, port)

    async with HttpCourier(resolve=nowhere) as courier:
        with pytest.raises(AddressRefused):
            await courier.check(f"https://{NAME}/")
        with pytest.raises(CannotDeliver, match="leads nowhere"):
            await courier.post(f"https://{NAME}/", {}, b"")


async def test_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in await system_addresses("localhost", 80)


async def test_an_answer_is_not_read_to_its_end() -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"400\r\n" + b"x" * 0x400 + b"\r\n")
            sent += 0x400
            await writer.drain()

    async with talking(flood) as port, HttpCourier(loopback=True) as courier:
        receipt = await courier.post(f"http://127.0.0.1:{port}/", {}, b"")
    assert receipt.status == 200
    assert sent >= ANSWER_BYTES


async def test_silence_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del writer
        await reader.read()

    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not reader.at_eof():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    for talk in (silent, drips):
        async with talking(talk) as port, HttpCourier(loopback=True, timeout_s=0.2) as courier:
            with pytest.raises(CannotDeliver, match="no answer in time"):
                await courier.post(f"http://127.0.0.1:{port}/", {}, b"")


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1", b"220 ready\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx"],
)
async def test_nonsense_is_no_answer(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with talking(talk) as port, HttpCourier(loopback=True) as courier:
        with pytest.raises(CannotDeliver, match="broke off"):
            await courier.post(f"http://127.0.0.1:{port}/", {}, b"")


async def test_a_connection_that_breaks_off_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", gone_at_once)
    async with HttpCourier(loopback=True) as courier:
        with pytest.raises(CannotDeliver, match="no connection"):
            await courier.post("http://127.0.0.1:9/", {}, b"")


async def test_nobody_is_there() -> None:
    async with talking(lambda _, __: None) as port:
        pass
    async with HttpCourier(loopback=True) as courier:
        with pytest.raises(CannotDeliver, match="no connection"):
            await courier.post(f"http://127.0.0.1:{port}/", {}, b"")


def certified(directory: Path, name: str) -> ssl.SSLContext:
    """Return a server's means to prove that it has a name, which also prove it to clients."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize("name", [NAME, "other.example.com"])
async def test_the_certificate_is_for_the_name_and_not_for_the_address(
    tmp_path: Path, name: str
) -> None:
    named: list[str | None] = []

    async def well(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    def note(_: object, asked: str | None, __: object) -> None:
        named.append(asked)

    context = certified(tmp_path, name)
    context.sni_callback = note
    trust = ssl.create_default_context(cafile=tmp_path / f"{name}.pem")
    courier = HttpCourier(loopback=True, resolve=Names(["127.0.0.1"]), certificates=trust)
    async with talking(well, context) as port, courier:
        url = f"https://{NAME}:{port}/"
        if name == NAME:
            assert (await courier.post(url, {}, b"")).status == 200
        else:
            with pytest.raises(CannotDeliver, match="no secure connection"):
                await courier.post(url, {}, b"")
    assert named == [NAME]
