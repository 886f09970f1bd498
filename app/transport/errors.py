"""Errors as they go over the wire: what is told, what is masked, what is never echoed.

A *request error* means that nothing ran: the document, its variables or its
size were refused. A *public error* is a ``graphql.GraphQLError`` that a resolver raised on
purpose, which it shows by giving ``extensions["code"]``. A database that is away is nobody's fault,
and the caller may ask again. Everything else is our own fault: the caller gets an id to quote, and
the log gets the story under the same id.
"""

import math
import re
import uuid
from collections.abc import Iterable
from typing import NotRequired, TypedDict

import structlog
from graphql import GraphQLError
from graphql.language import ValueNode, VariableNode
from strawberry.exceptions import StrawberryInputCoercionError

from models.engines.away import database_is_away

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED"
LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
OPERATION_TIMEOUT = "OPERATION_TIMEOUT"
PREFLIGHT_REQUIRED = "PREFLIGHT_REQUIRED"
PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
RATE_LIMITED = "RATE_LIMITED"
TRUSTED_DOCUMENT_REQUIRED = "TRUSTED_DOCUMENT_REQUIRED"
UNAUTHENTICATED = "UNAUTHENTICATED"
INTERNAL_FAULT = "INTERNAL_FAULT"
UNAVAILABLE = "UNAVAILABLE"

_UNAVAILABLE_MESSAGE = "The database cannot be reached now. Ask again, with the same key"

_log = structlog.get_logger(__name__)


class WireLocation(TypedDict):
    """A place in the document, both counted from 1."""

    line: int
    column: int


class WireError(TypedDict):
    """One entry of a response's ``errors``."""

    message: str
    locations: NotRequired[list[WireLocation]]
    path: NotRequired[list[str | int]]
    extensions: dict[str, object]


class Unauthenticated(GraphQLError):
    """Credentials were given, and they are not good. HTTP answers 401, a socket closes 4403."""

    def __init__(self, message: str = "Unauthenticated") -> None:
        super().__init__(message, extensions={"code": UNAUTHENTICATED})


class Overdue(GraphQLError):
    """An operation took too long and was given up. HTTP answers 503."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": OPERATION_TIMEOUT})


class Refused(Exception):
    """A request error: nothing ran, and ``errors`` are ready for the wire."""

    def __init__(self, errors: list[WireError]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


class RateLimited(Refused):
    """The caller has asked for too much, and may come back after ``retry_after_s``."""

    def __init__(self, wait_s: float) -> None:
        self.retry_after_s = math.ceil(wait_s)
        message = f"Too many requests: come back in {self.retry_after_s} s"
        extensions = {"code": RATE_LIMITED, "retryAfterS": self.retry_after_s}
        super().__init__([{"message": message, "extensions": extensions}])


def refusal(message: str, code: str, **extensions: object) -> Refused:
    """A request error of one entry, to be raised."""
    return Refused([{"message": message, "extensions": {"code": code, **extensions}}])


def refused(errors: Iterable[GraphQLError], code: str) -> Refused:
    """Request errors that graphql-core found, to be raised; values the caller sent are cut out."""
    return Refused([_placed(error, _without_values(error), {"code": code}) for error in errors])


def expose(error: Exception) -> WireError:
    """What the caller is told about an error while running. Our own faults are logged here."""
    located = error if isinstance(error, GraphQLError) else GraphQLError("")
    # graphql-core wraps whatever a resolver raises, copying any `extensions` it happens to have,
    # so only the error inside can tell whether it was meant for the caller.
    origin = getattr(error, "original_error", None) if located.path else None
    origin = origin or error
    if isinstance(origin, GraphQLError):
        if isinstance((origin.extensions or {}).get("code"), str):
            return _placed(located, origin.message, dict(origin.extensions or {}))
        if isinstance(origin, StrawberryInputCoercionError) or _is_argument_error(origin):
            return _placed(located, _without_values(origin), {"code": BAD_USER_INPUT})
    if database_is_away(origin):
        _log.warning("database_away", error=type(origin).__name__, path=located.path)
        return _placed(located, _UNAVAILABLE_MESSAGE, {"code": UNAVAILABLE})
    fault_id = str(uuid.uuid4())
    _log.error("internal_fault", fault_id=fault_id, path=located.path, exc_info=origin)
    extensions: dict[str, object] = {"code": INTERNAL_FAULT, "faultId": fault_id}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        extensions["requestId"] = request_id
    return _placed(located, "Internal fault", extensions)


def _placed(error: GraphQLError, message: str, extensions: dict[str, object]) -> WireError:
    wire: WireError = {"message": message, "extensions": extensions}
    if error.locations:
        wire["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        wire["path"] = error.path
    return wire


_STRING_TOKEN = re.compile(r"\b((?:Block)?String) '.*", re.DOTALL)
_PLACE = re.compile(
    r"((?:Variable '\$\w+'|Argument '\w+') has invalid (?:default )?value"
    r"(?: at (?:\.\w+|\[\d+\])+)?): (.*)",
    re.DOTALL,
)
_RULE = re.compile(
    r"Expected (?:a )?value of (?:non-null )?type '[\w\[\]!<> |]+'"
    r"(?: to be provided| not to be None| to be an object|, found null\b"
    r"| to include required field '\w+'| not to include unknown field '\w{1,64}')?"
    r"|(?:Int|Float|String|Boolean|ID|Enum '\w+') cannot represent(?: a)?[\w -]* value(?=:|$)"
    r"|Value cannot represent a GlobalID"
    r"|Within OneOf Input Object type '\w+', exactly one field must be specified"
)
_ENUM_RULE = re.compile(r"Value '.*' (does not exist in '\w+' enum)", re.DOTALL)


def _is_argument_error(error: GraphQLError) -> bool:
    """Whether graphql-core refused an argument that only the variables made wrong."""
    return bool(error.nodes) and error.message.startswith("Argument '")


def _without_values(error: GraphQLError) -> str:
    """The message without what the caller sent: it may be a password, and answers get logged."""
    message = error.message
    if isinstance(error, StrawberryInputCoercionError):
        return _rule(message)
    if "code" in (error.extensions or {}):
        # A scalar of ours chose these words, and graphql-core passed its code on.
        return message
    if placed := _PLACE.fullmatch(message):
        return f"{placed[1]}: {_rule(placed[2])}"
    if any(isinstance(n, ValueNode) and not isinstance(n, VariableNode) for n in error.nodes or ()):
        return _rule(message)
    return _STRING_TOKEN.sub(r"\1", message)


def _rule(message: str) -> str:
    if enum := _ENUM_RULE.match(message):
        return f"Value {enum[1]}"
    rule = _RULE.match(message)
    return rule[0] if rule else "The value is not valid"
