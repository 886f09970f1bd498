"""The closed sets that more than one floor speaks of.

A value's name is what is kept and what clients see.
"""

from collections.abc import Mapping
from enum import StrEnum


class WalletKind(StrEnum):
    """What a wallet is; what may move between two kinds is in ``services/ledger/movements.py``."""

    BANK = "BANK"
    LOTTERY = "LOTTERY"
    PARTNER = "PARTNER"
    PRIZE_POOL = "PRIZE_POOL"
    TAX = "TAX"
    IN_TRANSIT = "IN_TRANSIT"
    SUSPENSE = "SUSPENSE"
    SUSPENSE_DEBT = "SUSPENSE_DEBT"

    @property
    def is_asset(self) -> bool:
        """Whether the balance has a ceiling of zero instead of a floor of zero."""
        return self is WalletKind.BANK or self is WalletKind.SUSPENSE_DEBT


class IdentityKind(StrEnum):
    """The documents by which a holder says who they are."""

    RESIDENT_ID = "RESIDENT_ID"
    RESIDENCE_PERMIT = "RESIDENCE_PERMIT"
    PERMANENT_RESIDENCE = "PERMANENT_RESIDENCE"
    HK_MACAU_PERMIT = "HK_MACAU_PERMIT"
    TAIWAN_PERMIT = "TAIWAN_PERMIT"
    PASSPORT = "PASSPORT"


class WalletStatus(StrEnum):
    """Whether money may leave a wallet. What arrives arrives, until the wallet is closed.

    While it closes, its money leaves for the bank, and for nowhere else.
    """

    ACTIVE = "ACTIVE"
    FROZEN = "FROZEN"
    LOST = "LOST"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class PendingBusiness(StrEnum):
    """What keeps an account from being closed: money may still arrive or leave because of it."""

    DEPOSITS = "DEPOSITS"
    HOLDS = "HOLDS"
    PRIZES = "PRIZES"
    TICKETS = "TICKETS"
    WITHDRAWALS = "WITHDRAWALS"


class BlockKind(StrEnum):
    """What blocks an account, which is also who may lift it."""

    LOST = "LOST"
    BY_HOLDER = "BY_HOLDER"
    BY_OPERATOR = "BY_OPERATOR"


class BlockState(StrEnum):
    """Whether a block still blocks."""

    STANDING = "STANDING"
    LIFTED = "LIFTED"


class EntryKind(StrEnum):
    """The business reason of a journal entry."""

    DEPOSIT = "DEPOSIT"
    PURCHASE = "PURCHASE"
    REFUND = "REFUND"
    POOL_FUNDING = "POOL_FUNDING"
    PAYOUT = "PAYOUT"
    CAPTURE = "CAPTURE"
    REVERSAL = "REVERSAL"
    WITHDRAWAL = "WITHDRAWAL"
    SENDING_BACK = "SENDING_BACK"
    BANK_PAYMENT = "BANK_PAYMENT"
    BANK_REFUSAL = "BANK_REFUSAL"
    BANK_RETURN = "BANK_RETURN"
    RECEIPT = "RECEIPT"
    ATTRIBUTION = "ATTRIBUTION"


class LimitKind(StrEnum):
    """What holders may limit for themselves: money in, and money for tickets."""

    DEPOSITS_PER_DAY = "DEPOSITS_PER_DAY"
    DEPOSITS_PER_MONTH = "DEPOSITS_PER_MONTH"
    PURCHASES_PER_DAY = "PURCHASES_PER_DAY"
    PURCHASES_PER_MONTH = "PURCHASES_PER_MONTH"


class TransactionType(StrEnum):
    """What a movement on a customer's account was for."""

    DEPOSIT = "DEPOSIT"
    PURCHASE = "PURCHASE"
    REFUND = "REFUND"
    PAYOUT = "PAYOUT"
    WITHDRAWAL = "WITHDRAWAL"
    WITHDRAWAL_RETURN = "WITHDRAWAL_RETURN"


class TransactionState(StrEnum):
    """How far a transaction has come."""

    PENDING = "PENDING"
    COMPLETED = "COMPLETED"
    PARTLY_REFUNDED = "PARTLY_REFUNDED"
    REFUNDED = "REFUNDED"


class DepositState(StrEnum):
    """How far money that was asked from the bank has come: a deposit, or a pool's funding."""

    REQUESTED = "REQUESTED"
    SETTLED = "SETTLED"
    REFUSED = "REFUSED"
    REVERSED = "REVERSED"


class WithdrawalState(StrEnum):
    """How far a withdrawal has come."""

    REQUESTED = "REQUESTED"
    SETTLED = "SETTLED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"


class SuspenseState(StrEnum):
    """What became of money that arrived for nobody; ``HELD`` is the only state that waits."""

    HELD = "HELD"
    ATTRIBUTED = "ATTRIBUTED"
    SENDING_BACK = "SENDING_BACK"
    SENT_BACK = "SENT_BACK"


class BankPurpose(StrEnum):
    """What the bank was instructed for."""

    DEPOSIT = "DEPOSIT"
    POOL_FUNDING = "POOL_FUNDING"
    WITHDRAWAL = "WITHDRAWAL"
    SENDING_BACK = "SENDING_BACK"


class HoldState(StrEnum):
    """How a hold stands; ``PLACED`` is the only state that still holds money."""

    PLACED = "PLACED"
    CAPTURED = "CAPTURED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


class PartnerKind(StrEnum):
    """Which rights a partner has."""

    SALES_PLATFORM = "SALES_PLATFORM"
    LOTTERY_CENTRE = "LOTTERY_CENTRE"


class ApiKeyScope(StrEnum):
    """What a partner's API key may do, within what the partner's kind may do."""

    READ = "READ"
    SUBSCRIBE = "SUBSCRIBE"
    SELL = "SELL"
    DRAW = "DRAW"
    FUND = "FUND"
    MANAGE_KEYS = "MANAGE_KEYS"
    MANAGE_WEBHOOKS = "MANAGE_WEBHOOKS"


_OF_EVERY_PARTNER = frozenset(
    {
        ApiKeyScope.READ,
        ApiKeyScope.SUBSCRIBE,
        ApiKeyScope.MANAGE_KEYS,
        ApiKeyScope.MANAGE_WEBHOOKS,
    }
)

SCOPES: Mapping[PartnerKind, frozenset[ApiKeyScope]] = {
    PartnerKind.SALES_PLATFORM: _OF_EVERY_PARTNER | {ApiKeyScope.SELL},
    PartnerKind.LOTTERY_CENTRE: _OF_EVERY_PARTNER | {ApiKeyScope.DRAW, ApiKeyScope.FUND},
}
"""Which scopes the keys of a kind of partner can have at all."""


class Permission(StrEnum):
    """What a person of the house may do. A role is a set of these; a supervisor has those that see.

    Customers and partners have none: what they may do follows from who they are.
    """

    SEE_CUSTOMERS = "SEE_CUSTOMERS"
    SEE_PERSONAL_DATA = "SEE_PERSONAL_DATA"
    SEE_LEDGER = "SEE_LEDGER"
    SEE_AUDIT = "SEE_AUDIT"
    BLOCK_ACCOUNTS = "BLOCK_ACCOUNTS"
    PAY_PRIZES = "PAY_PRIZES"
    ORDER_ENTRIES = "ORDER_ENTRIES"
    MANAGE_PARTNERS = "MANAGE_PARTNERS"
    MANAGE_STAFF = "MANAGE_STAFF"
    SET_PARAMETERS = "SET_PARAMETERS"
    ATTRIBUTE_SUSPENSE = "ATTRIBUTE_SUSPENSE"


SUPERVISORS_MAY = frozenset({Permission.SEE_CUSTOMERS, Permission.SEE_LEDGER, Permission.SEE_AUDIT})
"""A supervisor reads, proves and compares, and moves nothing."""


class StaffKind(StrEnum):
    """What a person of the house is."""

    OPERATOR = "OPERATOR"
    SUPERVISOR = "SUPERVISOR"


class StaffStanding(StrEnum):
    """Whether a person of the house may sign in."""

    INVITED = "INVITED"
    ACTIVE = "ACTIVE"
    DEACTIVATED = "DEACTIVATED"


class RoleState(StrEnum):
    """Whether a role can be given."""

    OFFERED = "OFFERED"
    REMOVED = "REMOVED"


class GrantState(StrEnum):
    """Whether somebody still holds a role that they were given."""

    HELD = "HELD"
    TAKEN = "TAKEN"


class ParameterState(StrEnum):
    """Whether a value that a parameter was given still holds."""

    IN_FORCE = "IN_FORCE"
    REPLACED = "REPLACED"


class AuditOutcome(StrEnum):
    """What became of an action that is audited."""

    ALLOWED = "ALLOWED"
    REFUSED = "REFUSED"


class SessionState(StrEnum):
    """Whether a session's tokens open anything, until it expires."""

    OPEN = "OPEN"
    ENDED = "ENDED"


class CodePurpose(StrEnum):
    """What a mailed code lets a person do."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - what it is for
    RESET_PIN = "RESET_PIN"


class Notice(StrEnum):
    """What a person is told, by mail and in the feed, that was done with their access."""

    SESSION_STOLEN = "SESSION_STOLEN"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - what happened
    PIN_CHANGED = "PIN_CHANGED"
    PIN_LOCKED = "PIN_LOCKED"


class PartnerStatus(StrEnum):
    """Whether a partner may act."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class WebhookState(StrEnum):
    """Whether events are sent to a webhook."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    BLOCKED = "BLOCKED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class DeadLetterState(StrEnum):
    """Whether an event that was set aside waits to be sent again."""

    DEAD = "DEAD"
    WAITING = "WAITING"


class DrawState(StrEnum):
    """A draw sells while open, takes its winning tickets while closed, pays once published."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    PUBLISHED = "PUBLISHED"


class TicketState(StrEnum):
    """How a ticket stands; only a confirmed one can win."""

    UNCONFIRMED = "UNCONFIRMED"
    CONFIRMED = "CONFIRMED"
    REFUNDED = "REFUNDED"


class WinningState(StrEnum):
    """Whether a winning ticket has been paid."""

    UNPAID = "UNPAID"
    PAID = "PAID"


class RunState(StrEnum):
    """How far a long job has come."""

    RUNNING = "RUNNING"
    DONE = "DONE"


class EventKind(StrEnum):
    """What an event in the feed tells."""

    ACCOUNT_OPENED = "ACCOUNT_OPENED"
    ACCOUNT_FROZEN = "ACCOUNT_FROZEN"
    ACCOUNT_UNFROZEN = "ACCOUNT_UNFROZEN"
    ACCOUNT_CLOSING = "ACCOUNT_CLOSING"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    ACCOUNT_STAYS_OPEN = "ACCOUNT_STAYS_OPEN"
    LOST_REPORTED = "LOST_REPORTED"
    LOST_REPORT_LIFTED = "LOST_REPORT_LIFTED"
    DEPOSIT = "DEPOSIT"
    DEPOSIT_REVERSED = "DEPOSIT_REVERSED"
    WITHDRAWAL_REQUESTED = "WITHDRAWAL_REQUESTED"
    WITHDRAWAL_SETTLED = "WITHDRAWAL_SETTLED"
    WITHDRAWAL_REFUSED = "WITHDRAWAL_REFUSED"
    WITHDRAWAL_RETURNED = "WITHDRAWAL_RETURNED"
    CARD_BOUND = "CARD_BOUND"
    CARD_UNBOUND = "CARD_UNBOUND"
    MANDATE_GRANTED = "MANDATE_GRANTED"
    MANDATE_REVOKED = "MANDATE_REVOKED"
    PURCHASE = "PURCHASE"
    TICKETS_CONFIRMED = "TICKETS_CONFIRMED"
    REFUND = "REFUND"
    PRIZE_PAID = "PRIZE_PAID"
    DRAW_OPENED = "DRAW_OPENED"
    DRAW_CLOSED = "DRAW_CLOSED"
    DRAW_PUBLISHED = "DRAW_PUBLISHED"
    DRAW_PAID = "DRAW_PAID"
    POOL_FUNDED = "POOL_FUNDED"
    PARTNER_SUSPENDED = "PARTNER_SUSPENDED"
    PARTNER_RESUMED = "PARTNER_RESUMED"
    API_KEY_EXPIRING = "API_KEY_EXPIRING"
    SELF_LIMIT_SET = "SELF_LIMIT_SET"
    SELF_EXCLUDED = "SELF_EXCLUDED"
    SECURITY_NOTICE = "SECURITY_NOTICE"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"
    THRESHOLD_ALERT = "THRESHOLD_ALERT"
