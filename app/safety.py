"""What browsers are told, so that no page of another site does anything with ours.

docs/decisions/0017-hostile-clients.md says why there is nothing more to it than this.
"""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

HEADERS = (
    ("content-security-policy", "frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)
"""On every answer; the page has a stricter policy beside this one."""
HTTPS_HEADERS = (("strict-transport-security", "max-age=31536000"),)
"""On every answer, where the world calls by https alone."""
FRESH = {"cache-control": "no-store"}

_MAY_SEND = (
    "apollo-require-preflight",
    "authorization",
    "graphql-require-preflight",
    "x-api-key",
    "x-request-id",
    "x-requested-with",
)
_MAY_READ = ("retry-after", "x-request-id")


def cross_origin(origins: Sequence[str], application: ASGIApp) -> ASGIApp:
    """Let pages of other sites call; where there are none, nothing is in the way of anybody."""
    if not origins:
        return application
    return CORSMiddleware(
        application,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=_MAY_SEND,
        expose_headers=_MAY_READ,
    )


async def refuse(request: Request, error: Exception) -> PlainTextResponse:
    """Answer what HTTP itself refuses: there is no such address, or not by this method."""
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    return PlainTextResponse(error.detail, error.status_code, {**FRESH, **(error.headers or {})})
