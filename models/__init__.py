"""What is kept: Tortoise models, a file per area, and their migrations.

Tables that the posting desk writes carry plain id columns instead of foreign keys: the desk makes
the ids itself under the owners' locks, and ``check-ledger`` proves the references
(``docs/decisions/0003-two-databases.md``).
"""

from models.accounts import Account, Block, Deposit, Profile, Transaction
from models.audit import AuditEntry
from models.banking import (
    BankCard,
    BankInstruction,
    StatementPosition,
    SuspenseItem,
    Withdrawal,
)
from models.ledger import Answer, Entry, Hold, Line, Wallet
from models.limits import Allowance, SelfExclusion, SelfLimit
from models.lottery import Draw, Mandate, PayoutRun, PoolFunding, Ticket, WinningTicket
from models.notifications import FeedEvent, FeedFloor
from models.parameters import ParameterChange
from models.partners import ApiKey, Partner
from models.people import (
    Customer,
    MailedCode,
    OutgoingMail,
    PaymentPin,
    RefreshToken,
    Session,
)
from models.staff import Role, StaffMember, StaffRole
from models.webhooks import DeadLetter, Webhook

__all__ = [
    "Account",
    "Allowance",
    "Answer",
    "ApiKey",
    "AuditEntry",
    "BankCard",
    "BankInstruction",
    "Block",
    "Customer",
    "DeadLetter",
    "Deposit",
    "Draw",
    "Entry",
    "FeedEvent",
    "FeedFloor",
    "Hold",
    "Line",
    "MailedCode",
    "Mandate",
    "OutgoingMail",
    "ParameterChange",
    "Partner",
    "PaymentPin",
    "PayoutRun",
    "PoolFunding",
    "Profile",
    "RefreshToken",
    "Role",
    "SelfExclusion",
    "SelfLimit",
    "Session",
    "StaffMember",
    "StaffRole",
    "StatementPosition",
    "SuspenseItem",
    "Ticket",
    "Transaction",
    "Wallet",
    "Webhook",
    "WinningTicket",
    "Withdrawal",
]
