"""Top-level errors that a caller is meant to see: each has a code that never changes."""

from graphql import GraphQLError

from graphql_schema.messages import FAULTS, RULES, Language
from models.kinds import ApiKeyScope

BAD_USER_INPUT = "BAD_USER_INPUT"
UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
SCOPE_MISSING = "SCOPE_MISSING"
"""Names the message of a ``FORBIDDEN`` that another API key of the same partner would not get."""
UNAVAILABLE = "UNAVAILABLE"
OVERFLOW = "OVERFLOW"


def coded(code: str, message: str, **extensions: object) -> GraphQLError:
    """Return an error for the caller, to be raised."""
    return GraphQLError(message, extensions={"code": code, **extensions})


def bad_input(language: Language, field: str, rule: str, **facts: object) -> GraphQLError:
    """Return the error for a malformed input: which field, which rule, and the rule's figures."""
    told = RULES[rule].say(language, facts)
    return coded(BAD_USER_INPUT, f"{field}: {told}", field=field, rule=rule, **facts)


def fault(language: Language, code: str) -> GraphQLError:
    """Return one of the errors that are about the caller or the house, not about the input."""
    return coded(code, FAULTS[code].say(language, {}))


def scope_missing(language: Language, scope: ApiKeyScope) -> GraphQLError:
    """Return the error for a partner whose API key lacks a scope."""
    message = FAULTS[SCOPE_MISSING].say(language, {"scope": scope.value})
    return coded(FORBIDDEN, message, scope=scope.value)
