"""The ledger itself: statements for holders, proofs for operators."""

from typing import Annotated

import strawberry

from graphql_schema.describe import gql_field
from graphql_schema.ledger import LedgerCheck, LedgerDifference, LedgerLine, LedgerPosition
from graphql_schema.money import money
from graphql_schema.reading import ordinal
from graphql_schema.relay import After, Connection, First, NodeKind, connect
from graphql_schema.scalars import WholeNumber
from resolvers.context import Info
from services.actors import NotAllowed
from services.ledger.check import check_ledger
from services.ledger.lines import lines
from services.ledger.position import position
from services.refusals import Refused


@gql_field
async def ledger_check(info: Info) -> LedgerCheck | None:
    """Recompute the whole ledger from its lines; it may take a while. For operators."""
    context = info.context
    try:
        report = await check_ledger(context.house, context.actor)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    return LedgerCheck(
        is_sound=report.is_sound,
        wallets=_whole(report.wallets),
        entries=_whole(report.entries),
        lines=_whole(report.lines),
        holds=_whole(report.holds),
        transactions=_whole(report.transactions),
        difference_count=_whole(report.difference_count),
        differences=[
            LedgerDifference(
                rule=difference.rule,
                subject=difference.subject,
                expected=difference.expected,
                found=difference.found,
            )
            for difference in report.differences
        ],
    )


@gql_field
async def ledger_position(info: Info) -> list[LedgerPosition] | None:
    """Where all the money is, for each currency. For operators."""
    context = info.context
    try:
        found = await position(context.actor)
    except NotAllowed as error:
        raise context.not_allowed(error) from None
    return [
        LedgerPosition(
            currency=of.currency,
            at_bank=money(of.at_bank_minor, of.currency),
            owed_to_customers=money(of.owed_to_customers_minor, of.currency),
            in_prize_pools=money(of.in_pools_minor, of.currency),
            with_partners=money(of.with_partners_minor, of.currency),
            tax=money(of.tax_minor, of.currency),
            in_transit=money(of.in_transit_minor, of.currency),
            in_suspense=money(of.in_suspense_minor, of.currency),
            suspense_debt=money(of.suspense_debt_minor, of.currency),
            is_balanced=of.is_balanced,
        )
        for of in found
    ]


def _whole(number: int) -> WholeNumber:
    return WholeNumber(str(number))


@gql_field
async def statement(
    info: Info,
    owner_id: Annotated[
        strawberry.ID,
        strawberry.argument(name="id", description="The id of an account or of a partner."),
    ],
    first: First = 20,
    after: After = None,
) -> Connection[LedgerLine] | None:
    """What came to and went from a wallet, newest first, with the balance after each.

    Your own account or partner's wallet; any for operators. Null when there is none, or none for
    you.
    """
    context = info.context
    context.require_signed_in()
    kind, wallet_id = context.reading.node_id(owner_id, "id")
    if kind not in {NodeKind.ACCOUNT, NodeKind.PARTNER}:
        return None
    page = context.reading.page("statement", first, after, ordinal)
    try:
        rows = await lines(context.actor, wallet_id, page.first + 1, page.after)
    except Refused:
        return None
    return connect(rows, page, lambda row: LedgerLine(row=row), "number")


QUERIES = [ledger_check, ledger_position, statement]
