"""Letters go by SMTP over TLS, or to the terminal in development, or wait."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from app.adapters.no_mail import NoMail
from app.adapters.smtp_mail import SmtpMail, SmtpServer
from app.adapters.terminal_mail import TerminalMail
from services.mail import Letter, MailUnavailable

LETTER = Letter("0199", "ming@example.com", "邮箱验证码", "您的验证码是 12345678。\n")
SENDER = "Coffer <no-reply@example.org>"


@dataclass
class PlainServer:
    """A mail server that knows no TLS; it remembers what it was told."""

    port: int = 0
    refuses: bool = False
    lines: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client."""
        writer.write(b"220 here\r\n")
        in_text = False
        while line := (await reader.readline()).decode():
            self.lines.append(line.rstrip("\r\n"))
            verb = line[:4].upper().strip()
            if in_text:
                in_text = line != ".\r\n"
                if not in_text:
                    writer.write(b"250 taken\r\n")
            elif verb == "RCPT" and self.refuses:
                writer.write(b"550 no such person\r\n")
            elif verb == "DATA":
                in_text = True
                writer.write(b"354 go on\r\n")
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 yes\r\n")
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def plain_server(*, refuses: bool = False) -> AsyncIterator[PlainServer]:
    """Run a server without TLS on this machine."""
    plain = PlainServer(refuses=refuses)
    server = await asyncio.start_server(plain.serve, "127.0.0.1", 0)
    plain.port = server.sockets[0].getsockname()[1]
    async with server:
        yield plain


async def test_a_letter_arrives_on_this_machine() -> None:
    async with plain_server() as plain:
        server = SmtpServer.of(f"smtp://127.0.0.1:{plain.port}")
        await SmtpMail(server, SENDER).send(LETTER)
    said = "\n".join(plain.lines)
    for expected in (
        "mail FROM:<no-reply@example.org>",
        "rcpt TO:<ming@example.com>",
        "Message-ID: <0199@example.org>",
        "Subject: =?utf-8?",
        "Auto-Submitted: auto-generated",
    ):
        assert expected.lower() in said.lower()


async def test_elsewhere_nothing_is_said_without_tls() -> None:
    async with plain_server() as plain:
        server = SmtpServer.of(f"smtp://user:hidden@127.0.0.1:{plain.port}")
        with pytest.raises(MailUnavailable) as caught:
            await SmtpMail(replace(server, plain=False), SENDER).send(LETTER)
        assert "hidden" not in str(caught.value) + repr(server)
    said = "\n".join(plain.lines)
    assert "ming@example.com" not in said
    assert "AUTH" not in said


async def test_what_is_refused_or_away_is_unavailable() -> None:
    async with plain_server(refuses=True) as plain:
        mail = SmtpMail(SmtpServer.of(f"smtp://127.0.0.1:{plain.port}"), SENDER)
        with pytest.raises(MailUnavailable) as caught:
            await mail.send(LETTER)
        assert "ming" not in str(caught.value)
    with pytest.raises(MailUnavailable):
        await mail.send(LETTER)
    with pytest.raises(MailUnavailable):
        await NoMail().send(LETTER)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 587)),
        ("smtps://mail.example.com", SmtpServer("mail.example.com", 465, implicit_tls=True)),
        ("smtp://a%40b:c%3A@localhost:25", SmtpServer("localhost", 25, "a@b", "c:", plain=True)),
        ("smtps://127.0.0.1:465", SmtpServer("127.0.0.1", 465, implicit_tls=True)),
    ],
)
def test_an_address_says_how(url: str, expected: SmtpServer) -> None:
    assert SmtpServer.of(url) == expected


async def test_a_development_server_prints_them() -> None:
    stream = io.StringIO()
    mail = TerminalMail(stream)
    await mail.send(LETTER)
    assert "12345678" in stream.getvalue()
    assert list(mail.letters) == [LETTER]
