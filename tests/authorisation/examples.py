"""One input of each mutation that is right in everything but, perhaps, who sends it.

A mutation that is not here is not walked, and the test says so. ``Half`` gives the ids: the
caller's own, or somebody else's.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from models import Customer, PaymentPin, Webhook
from models.kinds import WebhookState
from services.accounts.freeze import freeze_account
from services.accounts.report_lost import report_lost
from services.refusals import RefusalCode
from tests.authorisation.world import CODE, Column, Half
from tests.factories import CNY, HOLDER, NOON, HouseUnderTest, a_card_number, a_key
from tests.people.access import OTHER_PASSWORD, OTHER_PIN, PASSWORD, PIN
from tests.resolvers.asking import cny, row_id_of

Given = dict[str, Any]

REASON = "for the walk"
PICKED = "01 05 09 12 28 33 + 07"
SOON = (NOON + timedelta(days=30)).isoformat()


async def _nothing(house: HouseUnderTest, half: Half) -> None:
    del house, half


@dataclass(frozen=True, slots=True)
class Example:
    """A mutation's input, and what must have happened for it to be right."""

    given: Callable[[Half], Given]
    before: Callable[[HouseUnderTest, Half], Awaitable[None]] = _nothing
    note: str = ""
    """What a reader of the table should know."""
    hidden_as: RefusalCode = RefusalCode.NOT_FOUND
    """What is said of what one may not see, and of what does not exist."""


async def _unverified(house: HouseUnderTest, half: Half) -> None:
    del house
    await Customer.filter(email=half["email"]).update(email_verified_at=None)


async def _without_a_pin(house: HouseUnderTest, half: Half) -> None:
    del house
    await PaymentPin.filter(id=row_id_of(half["customer"])).delete()


async def _frozen_by_both(house: HouseUnderTest, half: Half) -> None:
    for column in (Column.CUSTOMER, Column.OPERATOR):
        await freeze_account(house, half.actors[column], a_key(), row_id_of(half["account"]))


async def _lost(house: HouseUnderTest, half: Half) -> None:
    await report_lost(house, half.actors[Column.CUSTOMER], a_key(), row_id_of(half["account"]))


async def _paused(house: HouseUnderTest, half: Half) -> None:
    del house, half
    await Webhook.all().update(state=WebhookState.PAUSED)


def _purchase(half: Half) -> Given:
    ticket = {"drawId": half["openDraw"], "numbers": PICKED, "stake": cny("2"), "serial": "W-1"}
    return {
        "accountId": half["account"],
        "reference": "walk-1",
        "amount": cny("2"),
        "tickets": [ticket],
    }


EXAMPLES: dict[str, Example] = {
    # people
    "signUp": Example(lambda _: {"email": "new@example.com", "password": OTHER_PASSWORD}),
    "signIn": Example(
        lambda half: {"email": half["email"], "password": PASSWORD}, note="by the password"
    ),
    "refreshSession": Example(
        lambda half: {"refreshToken": half["refreshToken"]}, note="by the refresh token"
    ),
    "signOut": Example(lambda _: {}),
    "signOutEverywhere": Example(lambda _: {}),
    "endSession": Example(lambda half: {"sessionId": half["session"]}),
    "changePassword": Example(
        lambda _: {"currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD}
    ),
    "requestPasswordReset": Example(lambda half: {"email": half["email"]}),
    "resetPassword": Example(
        lambda half: {"recoveryId": half["recovery"], "code": CODE, "newPassword": OTHER_PASSWORD},
        note="by the mailed code",
    ),
    "requestEmailVerification": Example(lambda _: {}, _unverified),
    "verifyEmail": Example(lambda _: {"code": CODE}),
    "setPaymentPin": Example(lambda _: {"password": PASSWORD, "pin": PIN}, _without_a_pin),
    "changePaymentPin": Example(lambda _: {"currentPin": PIN, "newPin": OTHER_PIN}),
    "requestPaymentPinReset": Example(lambda _: {}),
    "resetPaymentPin": Example(lambda _: {"code": CODE, "password": PASSWORD, "newPin": OTHER_PIN}),
    "stepUp": Example(lambda _: {"pin": PIN}),
    # accounts
    "openAccount": Example(
        lambda half: {
            "currency": "EUR",
            "holderName": HOLDER,
            "identityKind": "RESIDENT_ID",
            "identityNumber": half["identity"],
            "phone": "13800000000",
        },
        hidden_as=RefusalCode.IDENTITY_MISMATCH,
        note="with one's own identity",
    ),
    "deposit": Example(
        lambda half: {"accountId": half["account"], "amount": cny("1"), "cardId": half["card"]}
    ),
    "freezeAccount": Example(lambda half: {"accountId": half["account"], "reason": REASON}),
    "unfreezeAccount": Example(
        lambda half: {"accountId": half["account"], "reason": REASON}, _frozen_by_both
    ),
    "reportLost": Example(lambda half: {"accountId": half["account"], "reason": REASON}),
    "liftLostReport": Example(
        lambda half: {
            "accountId": half["account"],
            "identityNumber": half["identity"],
            "reason": REASON,
        },
        _lost,
    ),
    "revealProfile": Example(lambda half: {"accountId": half["account"], "reason": REASON}),
    "setSelfLimit": Example(
        lambda half: {
            "accountId": half["account"],
            "kind": "DEPOSITS_PER_DAY",
            "amount": cny("100"),
        }
    ),
    "excludeMyself": Example(lambda _: {"until": SOON}),
    "closeAccount": Example(lambda half: {"accountId": half["spareAccount"]}),
    "requestWithdrawal": Example(
        lambda half: {"accountId": half["account"], "cardId": half["card"], "amount": cny("1")}
    ),
    # banking
    "bindCard": Example(lambda _: {"number": a_card_number(), "holderName": HOLDER}),
    "unbindCard": Example(lambda half: {"cardId": half["spareCard"]}),
    "attributeSuspense": Example(
        lambda half: {
            "suspenseItemId": half["suspense"],
            "accountId": half["account"],
            "reason": REASON,
        }
    ),
    "sendBackSuspense": Example(
        lambda half: {"suspenseItemId": half["suspense"], "reason": REASON}
    ),
    # lottery
    "grantMandate": Example(
        lambda half: {
            "accountId": half["account"],
            "partnerId": half["platform"],
            "limitPerPurchase": cny("10"),
            "limitPerDay": cny("20"),
            "expiresAt": SOON,
        }
    ),
    "revokeMandate": Example(
        lambda half: {"accountId": half["account"], "partnerId": half["platform"]}
    ),
    "purchase": Example(_purchase, hidden_as=RefusalCode.MANDATE_MISSING),
    "purchases": Example(
        lambda half: {"purchases": [{"idempotencyKey": a_key(), **_purchase(half)}]},
        hidden_as=RefusalCode.MANDATE_MISSING,
    ),
    "confirmTickets": Example(
        lambda half: {
            "purchaseId": half["purchase"],
            "tickets": [{"ticketId": half["ticket"], "serial": "W-2"}],
        }
    ),
    "refundPurchase": Example(lambda half: {"purchaseId": half["purchase"], "reason": REASON}),
    "openDraw": Example(
        lambda _: {"game": "Walk", "code": "1", "currency": CNY, "salesCloseAt": SOON}
    ),
    "closeDraw": Example(lambda half: {"drawId": half["openDraw"]}),
    "uploadWinningTickets": Example(
        lambda half: {
            "drawId": half["closedDraw"],
            "tickets": [{"serial": half["closedSerial"], "prize": cny("5")}],
        }
    ),
    "payout": Example(
        lambda half: {
            "accountId": half["account"],
            "drawId": half["wonDraw"],
            "serial": half["wonSerial"],
            "amount": cny("5"),
        }
    ),
    "claimPrize": Example(
        lambda half: {
            "accountId": half["account"],
            "drawId": half["wonDraw"],
            "serial": half["wonSerial"],
        }
    ),
    "payDraw": Example(lambda half: {"drawId": half["wonDraw"]}),
    "fundPrizePool": Example(lambda _: {"amount": cny("1")}),
    # partners
    "suspendPartner": Example(lambda half: {"partnerId": half["platform"], "reason": REASON}),
    "resumePartner": Example(lambda half: {"partnerId": half["platform"], "reason": REASON}),
    "createApiKey": Example(
        lambda half: {
            "name": "walk",
            "scopes": ["MANAGE_KEYS"],
            "partnerId": half["partner"],
            "reason": REASON,
        }
    ),
    "rotateApiKey": Example(lambda half: {"apiKeyId": half["apiKey"], "reason": REASON}),
    "revokeApiKey": Example(lambda half: {"apiKeyId": half["apiKey"], "reason": REASON}),
    "createWebhook": Example(lambda _: {"url": "https://hooks.example.com/walk"}),
    "updateWebhook": Example(lambda half: {"webhookId": half["webhook"], "allKinds": True}),
    "pauseWebhook": Example(lambda half: {"webhookId": half["webhook"], "reason": REASON}),
    "resumeWebhook": Example(
        lambda half: {"webhookId": half["webhook"], "reason": REASON}, _paused
    ),
    "deleteWebhook": Example(lambda half: {"webhookId": half["webhook"]}),
    "rotateWebhookSecret": Example(lambda half: {"webhookId": half["webhook"]}),
    "sendTestEvent": Example(lambda half: {"webhookId": half["webhook"]}),
    "replayWebhook": Example(
        lambda half: {"webhookId": half["webhook"], "deadLetterIds": [half["deadLetter"]]}
    ),
    # the house
    "setParameter": Example(lambda _: {"name": "PIN_TRIES", "value": "4", "reason": REASON}),
    "createRole": Example(
        lambda _: {
            "name": "Walkers",
            "description": "Who walk.",
            "permissions": ["MANAGE_STAFF"],
            "reason": REASON,
        }
    ),
    "updateRole": Example(
        lambda half: {"roleId": half["role"], "name": "Runners", "reason": REASON}
    ),
    "removeRole": Example(lambda half: {"roleId": half["role"], "reason": REASON}),
    "inviteStaff": Example(
        lambda _: {
            "kind": "OPERATOR",
            "name": "Somebody",
            "email": "somebody@example.com",
            "roleIds": [],
            "reason": REASON,
        }
    ),
    "renewInvitation": Example(lambda half: {"memberId": half["invited"], "reason": REASON}),
    "acceptInvitation": Example(
        lambda half: {"code": half["invitation"], "password": OTHER_PASSWORD},
        note="by the one-time code",
    ),
    "changeStaffRoles": Example(
        lambda half: {
            "memberId": half["colleague"],
            "roleIds": [half["role"]],
            "reason": REASON,
        }
    ),
    "deactivateStaff": Example(lambda half: {"memberId": half["colleague"], "reason": REASON}),
    "reactivateStaff": Example(lambda half: {"memberId": half["gone"], "reason": REASON}),
}
