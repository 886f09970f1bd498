"""How httpx reaches others from here."""

import httpx


class Transport(httpx.AsyncHTTPTransport):
    """httpx's own, but for a connection that is gone in the moment it is made.

    A library below httpx asks such a connection for its socket, is given none, and raises an error
    that is none of httpx's: to whoever catches those it would be a fault of ours.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            httpx.TransportError: There was no answer.
        """
        try:
            return await super().handle_async_request(request)
        except AttributeError as error:
            raise httpx.ConnectError("the connection broke off", request=request) from error
