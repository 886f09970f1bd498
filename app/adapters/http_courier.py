"""The courier over HTTP: it connects to the very address that was judged, and follows nobody."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import httpx

from app.adapters.http_transport import Transport
from services.courier import AddressRefused, CannotDeliver, Receipt
from services.webhooks.addresses import Target, check_address, read_url

TIMEOUT_S = 10.0
"""How long a message may take, from the name's look-up to the answer."""

ANSWER_BYTES = 4096
"""How much of an answer is read, and thrown away."""

USER_AGENT = "Coffer-Webhooks/1"

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""A host's addresses in numbers; raises ``OSError`` where there are none."""


async def system_addresses(host: str, port: int) -> list[str]:
    """Return a host's addresses as the system finds them."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class HttpCourier:
    """Posts messages to public addresses.

    Every message has a connection of its own: one that is kept would be found again by its
    address, and a certificate is good for a name.

    Args:
        loopback: Whether this machine itself may be gone to, by plain HTTP too: for tests.
        resolve: Finds a host's addresses.
        certificates: Whom to trust (None: the authorities that come with httpx).
        timeout_s: How long a message may take.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        resolve: Resolve = system_addresses,
        certificates: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._loopback = loopback
        self._resolve = resolve
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            transport=Transport(
                verify=certificates or True,
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            ),
            trust_env=False,
            follow_redirects=False,
            timeout=timeout_s,
        )

    async def __aenter__(self) -> Self:
        """Begin to carry messages."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Carry no more."""
        await self._client.aclose()

    async def check(self, url: str) -> None:
        """Look whether an address is one to go to, now.

        Raises:
            AddressRefused: It is not, or its name leads nowhere.
        """
        target = read_url(url, loopback=self._loopback)
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._address(target)
        except (CannotDeliver, TimeoutError):
            raise AddressRefused("the host has no public address") from None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Post a message, and return what was answered.

        Raises:
            AddressRefused: The address is not, or not any more, one to go to.
            CannotDeliver: There was no answer.
        """
        target = read_url(url, loopback=self._loopback)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(target, await self._address(target), headers, body)
        except (TimeoutError, httpx.TimeoutException):
            raise CannotDeliver("no answer in time") from None
        except httpx.ConnectError as error:
            failed = isinstance(error.__cause__, ssl.SSLError) or "CERTIFICATE" in str(error)
            raise CannotDeliver("no secure connection" if failed else "no connection") from None
        except (httpx.TransportError, httpx.InvalidURL):
            raise CannotDeliver("the connection broke off") from None

    async def _address(self, target: Target) -> str:
        """Return an address to connect to; every one that the name has must be permitted."""
        try:
            found = await self._resolve(target.host, target.port)
        except (OSError, UnicodeError):
            raise CannotDeliver("the host's name leads nowhere") from None
        for address in found:
            check_address(address, target.scheme, loopback=self._loopback)
        if not found:
            raise CannotDeliver("the host's name leads nowhere")
        return found[0]

    async def _post(
        self, target: Target, address: str, headers: Mapping[str, str], body: bytes
    ) -> Receipt:
        request = self._client.build_request(
            "POST",
            httpx.URL(
                scheme=target.scheme,
                host=address,
                port=target.port,
                raw_path=target.path.encode(),
            ),
            content=body,
            headers={**headers, "host": target.authority, "user-agent": USER_AGENT},
            # The name is what the certificate must be for, whatever was connected to.
            extensions={"sni_hostname": target.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            read = 0
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read >= ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        return Receipt(response.status_code, response.headers.get("retry-after"))
