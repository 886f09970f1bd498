"""How each query and each subscription is asked.

A root field that is not here is not walked, and the test says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql_schema.notifications import FEED
from graphql_schema.relay import cursor_of
from tests.authorisation.world import Half

BEGINNING = cursor_of(FEED, 0)


@dataclass(frozen=True, slots=True)
class Question:
    """One way to ask a root field.

    Attributes:
        note: What the way is, where there are several.
        given: Its arguments, with the ids of one's own or of somebody else's.
        argued: Whether the arguments say what is asked for; else the answer tells whose it is.
    """

    note: str = ""
    given: Callable[[Half], dict[str, Any]] = lambda _: {}
    argued: bool = False


def _of(note: str = "", /, **names: str) -> Question:
    """Return a question for what is named by ids: ``id="account"``."""
    return Question(note, lambda half: {name: half[of] for name, of in names.items()}, argued=True)


QUERIES: dict[str, list[Question]] = {
    "viewer": [Question()],
    "sessions": [Question()],
    "node": [_of("an account", id="account")],
    "nodes": [Question("accounts", lambda half: {"ids": [half["account"]]}, argued=True)],
    "account": [_of(id="account")],
    "purchaseByReference": [_of(reference="reference")],
    "suspense": [Question()],
    "draw": [_of(id="openDraw")],
    "draws": [Question()],
    "payoutRun": [_of(id="payoutRun")],
    "partners": [Question()],
    "prizePool": [Question()],
    "apiKeys": [Question(), _of("of a partner", partnerId="partner")],
    "webhooks": [Question(), _of("of a partner", partnerId="partner")],
    "feed": [Question(), _of("of an account", accountId="account")],
    "ledgerCheck": [Question()],
    "ledgerPosition": [Question()],
    "statement": [_of("of an account", id="account"), _of("of a partner", id="partner")],
    "parameters": [Question()],
    "staff": [Question()],
    "roles": [Question()],
    "auditLog": [Question()],
}

SUBSCRIPTIONS: dict[str, list[Question]] = {
    "prizeNotifications": [Question()],
    "accountActivity": [_of(accountId="account")],
    "notifications": [Question()],
    "thresholdAlerts": [Question()],
}
