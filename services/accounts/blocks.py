"""What keeps money from leaving an account, who may place it, and who may lift it (L4, L5).

Several blocks can stand at once. The account's status follows from them in the same transaction:
it is open when none stands.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from models import Account, Block
from models.engines import Lookup, Row
from models.kinds import BlockKind, BlockState, EventKind, Permission, WalletStatus
from services import audiences
from services.actors import Actor, ActorKind, not_found
from services.ledger.books import Books
from services.ledger.command import Body, Fact
from services.refusals import RefusalCode, Refused

ACCOUNTS = Lookup.of(Account)
STANDING = Lookup.of(Block, "account_id", "state")


@dataclass(frozen=True, slots=True)
class Blocker:
    """Who places or lifts a block: the account's holder, or the house.

    ``customer_id`` is the holder's, and None for the house.
    """

    principal: str
    customer_id: UUID | None

    @staticmethod
    def of(actor: Actor) -> "Blocker":
        """Return a caller as who may block accounts.

        Raises:
            NotAllowed: The caller is no customer, and may not block accounts.
        """
        if actor.kind is ActorKind.CUSTOMER:
            return Blocker(actor.principal, actor.customer_id())
        actor.require(Permission.BLOCK_ACCOUNTS)
        return Blocker(actor.principal, None)

    @property
    def freezes_as(self) -> BlockKind:
        """Which freeze is theirs to place and to lift."""
        return BlockKind.BY_OPERATOR if self.customer_id is None else BlockKind.BY_HOLDER

    def account(self, books: Books, account_id: UUID) -> Row:
        """Return the row of an account that is theirs to block, under its wallet's lock.

        Raises:
            Refused: ``NOT_FOUND``, ``ACCOUNT_CLOSED``.
        """
        account = books.one(ACCOUNTS, account_id)
        if account is None or self.customer_id not in {None, account["customer_id"]}:
            raise not_found("accountId")
        if account["closed_at"] is not None:
            raise Refused(RefusalCode.ACCOUNT_CLOSED, "accountId")
        return account


def block_facts(account_id: UUID) -> tuple[Fact, ...]:
    """Return the facts that placing and lifting need."""
    return Fact(ACCOUNTS, (account_id,)), Fact(STANDING, (account_id, BlockState.STANDING))


def standing_blocks(books: Books, account_id: UUID) -> dict[BlockKind, Row]:
    """Return the blocks that stand on an account, by their kind."""
    rows = books.all(STANDING, account_id, BlockState.STANDING)
    return {BlockKind(row["kind"]): row for row in rows}


def status_of(account: Row, standing: Collection[BlockKind]) -> WalletStatus:
    """Return the status that an account has with these blocks standing."""
    if account["closed_at"] is not None:
        return WalletStatus.CLOSED
    if BlockKind.LOST in standing:
        return WalletStatus.LOST
    if standing:
        return WalletStatus.FROZEN
    return WalletStatus.ACTIVE if account["closing_at"] is None else WalletStatus.CLOSING


def place_block(
    books: Books, account: Row, kind: BlockKind, by: Blocker, reason: str | None
) -> Body:
    """Let a block stand on an account; one of its kind that stands already is left as it is.

    Returns:
        ``account`` (its row), ``status``.
    """
    account_id = account["id"]
    if kind not in standing_blocks(books, account_id):
        block: Row = {
            "id": books.new_id(),
            "account_id": account_id,
            "kind": kind,
            "state": BlockState.STANDING,
            "placed_by": by.principal,
            "reason": reason,
            "placed_at": books.now,
            "placed_after": books.wallet(account_id).line_count,
            "lifted_by": None,
            "lift_reason": None,
            "lifted_at": None,
            "lifted_after": None,
        }
        books.insert(STANDING.table, block)
        lost = kind is BlockKind.LOST
        _settle(books, account, EventKind.LOST_REPORTED if lost else EventKind.ACCOUNT_FROZEN)
    return {"account": account, "status": books.wallet(account_id).status}


def lift_block(
    books: Books, account: Row, kind: BlockKind, by: Blocker, reason: str | None
) -> Body:
    """Lift the block of a kind that stands on an account, where one does.

    Returns:
        ``account`` (its row), ``status``: it is open when no other block stands.
    """
    account_id = account["id"]
    block = standing_blocks(books, account_id).get(kind)
    if block is not None:
        books.update(
            STANDING.table,
            block["id"],
            state=BlockState.LIFTED,
            lifted_by=by.principal,
            lift_reason=reason,
            lifted_at=books.now,
            lifted_after=books.wallet(account_id).line_count,
        )
        lost = kind is BlockKind.LOST
        event = EventKind.LOST_REPORT_LIFTED if lost else EventKind.ACCOUNT_UNFROZEN
        _settle(books, account, event)
    return {"account": account, "status": books.wallet(account_id).status}


def _settle(books: Books, account: Row, event: EventKind) -> None:
    """Bring the wallet's status in line with the blocks, and tell the holder."""
    account_id = account["id"]
    before = books.wallet(account_id).status
    status = status_of(account, standing_blocks(books, account_id))
    books.set_status(account_id, status)
    books.note("status", before, status)
    books.tell(
        event,
        {"account": {"id": account_id, "number": account["number"]}, "status": status},
        audiences.customer(account["customer_id"]),
        account_id=account_id,
    )
