"""Mail by SMTP: over TLS always, unless the server is on this machine.

``smtplib`` in a thread of its own: letters are few, each may take seconds, and one connection for
each leaves nothing open that could die unnoticed.
"""

import asyncio
import ipaddress
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from services.mail import Letter, MailUnavailable

TIMEOUT_S = 20.0
PORTS = {"smtp": 587, "smtps": 465}
LETTERS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server to hand letters to.

    Attributes:
        host: Its name or address.
        port: Where it listens.
        user: Whom to sign in as; None where it asks nobody.
        password: Theirs.
        implicit_tls: Whether the connection is TLS from its first byte; else by STARTTLS.
        plain: Whether letters may go without TLS: to this machine alone.
    """

    host: str
    port: int
    user: str | None = None
    password: str = field(default="", repr=False)
    implicit_tls: bool = False
    plain: bool = False

    @staticmethod
    def of(url: str) -> "SmtpServer":
        """Read ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://`` (TLS at once).

        Raises:
            ValueError: It is no such address.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = SplitResult("", "", "", "", ""), None
        if parts.scheme not in PORTS or not parts.hostname:
            # What stands there may hold a password, so it is not repeated.
            raise ValueError("COFFER_SMTP_URL must be smtp://user:password@host:port or smtps://…")
        return SmtpServer(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            implicit_tls=parts.scheme == "smtps",
            plain=parts.scheme == "smtp" and _is_loopback(parts.hostname),
        )


class SmtpMail:
    """``Mail`` by SMTP.

    Args:
        server: Where letters go.
        sender: Whom they come from, such as ``Coffer <no-reply@example.com>``.
        context: How TLS is done; by default only with a certificate that the machine trusts.
    """

    def __init__(
        self, server: SmtpServer, sender: str, context: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._context = context or ssl.create_default_context()
        self._threads = ThreadPoolExecutor(LETTERS_AT_ONCE, thread_name_prefix="mail")

    async def send(self, letter: Letter) -> None:
        """Hand a letter to the server.

        Raises:
            MailUnavailable: The server cannot be reached, has no TLS, or did not take it.
        """
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, self._send, self._message(letter))
        except (OSError, smtplib.SMTPException) as error:
            # Servers like to repeat the address in their answers, so only the kind is told.
            raise MailUnavailable(type(error).__name__) from None

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        host = parseaddr(self._sender)[1].rpartition("@")[2]
        message["Message-ID"] = f"<{letter.id}@{host}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    def _send(self, message: EmailMessage) -> None:
        server = self._server
        if server.implicit_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_S, context=self._context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        with connection:
            if not server.implicit_tls and not server.plain:
                # A server, or whoever stands before it, that offers none is given nothing.
                connection.starttls(context=self._context)
            if server.user is not None:
                connection.login(server.user, server.password)
            connection.send_message(message)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
