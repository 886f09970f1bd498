"""The ledger as operators prove it."""

import strawberry

from graphql_schema.describe import gql_enum, gql_field, gql_type
from graphql_schema.money import Money, money
from graphql_schema.scalars import Moment, WholeNumber, moment
from models.engines import Row
from models.kinds import EntryKind
from services.ledger.check import Rule

gql_enum(
    Rule,
    "What the integrity check can find broken.",
    {
        "ENTRY_EMPTY": "An entry has no lines.",
        "ENTRY_MISSING": "A line belongs to no entry.",
        "ENTRY_SUM": "An entry's lines do not sum to zero.",
        "ENTRY_TIME": "A line is dated otherwise than its entry.",
        "ENTRY_REVERSAL": "A reversal names no entry, or another entry names one.",
        "WALLET_MISSING": "Lines, holds or transactions belong to no wallet.",
        "WALLET_BALANCE": "A wallet's balance is not the sum of its lines.",
        "WALLET_LINE_COUNT": "A wallet has counted its lines wrongly.",
        "WALLET_LAST_LINE": "A wallet dates its last line wrongly.",
        "WALLET_HELD": "What a wallet holds back is not the sum of its holds.",
        "WALLET_FLOOR": "A wallet is on the wrong side of zero.",
        "LINE_NUMBER": "A wallet's lines are not numbered without gaps.",
        "LINE_BALANCE": "A line's balance does not follow from the one before.",
        "LINE_FLOOR": "A wallet was on the wrong side of zero once.",
        "LINE_TIME": "A line is dated before the one before it.",
        "LINE_CURRENCY": "A line's currency is not its wallet's.",
        "HOLD_STATE": "A hold's state does not fit what remains of it.",
        "TRANSACTION_LINE": "A transaction does not tell what its line posted.",
        "CURRENCY_TOTAL": "All lines of a currency do not sum to zero.",
        "REFERENCE_MISSING": "A row names another that does not exist.",
    },
    name="LedgerRule",
)

gql_enum(
    EntryKind,
    "The business reason of an entry in the journal.",
    {
        "DEPOSIT": "Money came in through the bank.",
        "PURCHASE": "Tickets were paid for.",
        "REFUND": "Tickets were given back.",
        "POOL_FUNDING": "A prize pool was funded.",
        "PAYOUT": "A prize was paid.",
        "CAPTURE": "Money that had been set aside was taken.",
        "REVERSAL": "An earlier entry was taken back.",
        "WITHDRAWAL": "Money left an account, on its way to the bank.",
        "SENDING_BACK": "Money that arrived for nobody is on its way back.",
        "BANK_PAYMENT": "The bank paid what was on its way.",
        "BANK_REFUSAL": "The bank did not pay what was on its way.",
        "BANK_RETURN": "What the bank had paid came back.",
        "RECEIPT": "Money arrived for nobody that is known.",
        "ATTRIBUTION": "An operator said whose that money is.",
    },
)


@gql_type
class LedgerLine:
    """What one entry of the journal did to one wallet. Never changed."""

    row: strawberry.Private[Row]

    @gql_field
    def number(self) -> WholeNumber:
        """Its number on the wallet: the first line has 1, and none is left out."""
        return WholeNumber(str(self.row["number"]))

    @gql_field
    def kind(self) -> EntryKind:
        """Why."""
        return EntryKind(self.row["kind"])

    @gql_field
    def amount(self) -> Money:
        """What came (above zero) or went (below)."""
        return money(self.row["amount_minor"], self.row["currency"])

    @gql_field
    def balance_after(self) -> Money:
        """What the wallet held after it."""
        return money(self.row["balance_after_minor"], self.row["currency"])

    @gql_field
    def at(self) -> Moment:
        """When."""
        return moment(self.row["at"])


@gql_type
class LedgerDifference:
    """Something in the ledger that is not as it must be."""

    rule: Rule = strawberry.field(description="What is broken.")
    subject: str = strawberry.field(description="Of what.")
    expected: str = strawberry.field(description="What follows from the lines.")
    found: str = strawberry.field(description="What is kept.")


@gql_type
class LedgerCheck:
    """What the integrity check read and found, at one moment."""

    is_sound: bool = strawberry.field(description="Whether everything agrees.")
    wallets: WholeNumber = strawberry.field(description="How many wallets were read.")
    entries: WholeNumber = strawberry.field(description="How many journal entries were read.")
    lines: WholeNumber = strawberry.field(description="How many lines were read.")
    holds: WholeNumber = strawberry.field(description="How many holds were read.")
    transactions: WholeNumber = strawberry.field(description="How many transactions were read.")
    difference_count: WholeNumber = strawberry.field(description="How many differences there are.")
    differences: list[LedgerDifference] = strawberry.field(description="The first 100 of them.")


@gql_type
class LedgerPosition:
    """Where all the money of one currency is. What is at the bank is owed to somebody."""

    currency: str = strawberry.field(description='ISO 4217 code, such as "CNY".')
    at_bank: Money = strawberry.field(description="What the fund keeper has at the bank.")
    owed_to_customers: Money = strawberry.field(description="What customers' accounts hold.")
    in_prize_pools: Money = strawberry.field(description="What lottery centres' pools hold.")
    with_partners: Money = strawberry.field(description="What sales platforms have taken.")
    tax: Money = strawberry.field(description="Tax that was withheld.")
    in_transit: Money = strawberry.field(
        description="What was handed to the bank to pay, and is not confirmed."
    )
    in_suspense: Money = strawberry.field(
        description="What arrived and is not known to be anybody's."
    )
    suspense_debt: Money = strawberry.field(
        description="What the bank took back after it had been spent: owed to the house."
    )
    is_balanced: bool = strawberry.field(description="Whether what is owed is what is there.")
