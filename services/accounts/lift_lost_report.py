"""Lifting a report of loss, after whoever the holder is has been verified again (L4)."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from models import AuditEntry, Profile
from models.engines import Lookup
from models.kinds import BlockKind, IdentityKind
from services.accounts.blocks import Blocker, block_facts, lift_block
from services.accounts.identity import identity_text, read_number
from services.actors import Actor, ActorKind
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Answered, Audit, Body, Command, Fact, Key
from services.refusals import RefusalCode, Refused
from services.vault import Purpose

OPERATION = "liftLostReport"
WRONG = Lookup.of(AuditEntry, "object_id", "action", "code")
TRIES = 5
WITHIN = timedelta(days=1)
"""After so many wrong numbers within so long, only the house lifts the report, or time does."""


@dataclass(frozen=True, slots=True)
class LiftLostReport:
    """Whose report is lifted: the holder proves who they are, an operator says what they saw."""

    key: str
    account_id: UUID
    identity_number: str | None = field(default=None, repr=False)
    reason: str | None = None


async def lift_lost_report(house: House, actor: Actor, request: LiftLostReport) -> Answered:
    """Lift the report of loss on an account.

    The holder has stepped up with the PIN, which is a new one where the old one was lost, and
    names the number of the document that the account was opened with. An operator has checked
    documents, and gives that as the reason. A freeze that stands beside the report stays.

    Returns:
        ``account`` (its row), ``status``.

    Raises:
        NotAllowed: The caller is no customer, and may not block accounts.
        Refused: ``STEP_UP_REQUIRED`` (the holder), ``REASON_NEEDED`` (an operator),
            ``NOT_FOUND``, ``ACCOUNT_CLOSED``, ``IDENTITY_MISMATCH``, ``TOO_MANY_TRIES``.
    """
    by = Blocker.of(actor)
    is_holder = actor.kind is ActorKind.CUSTOMER
    if is_holder:
        actor.require_step_up(house.clock())
    elif not request.reason:
        raise Refused(RefusalCode.REASON_NEEDED, "reason")
    fingerprint = await _fingerprint(house, request) if is_holder else None
    wrong = (request.account_id, OPERATION, RefusalCode.IDENTITY_MISMATCH)

    def decide(books: Books) -> Body:
        account = by.account(books, request.account_id)
        if is_holder:
            since = books.now - WITHIN
            if sum(entry["at"] > since for entry in books.all(WRONG, *wrong)) >= TRIES:
                raise Refused(RefusalCode.TOO_MANY_TRIES, "identityNumber")
            if fingerprint != account["identity"]:
                raise Refused(RefusalCode.IDENTITY_MISMATCH, "identityNumber")
        return lift_block(books, account, BlockKind.LOST, by, request.reason)

    # The number is remembered by its fingerprint; whatever is no number at all is one wrong try.
    arguments = {
        "account_id": request.account_id,
        "identity": fingerprint,
        "reason": request.reason,
    }
    return await house.desk.submit(
        Command(
            key=Key.of(actor.principal, OPERATION, request.key, arguments),
            decide=decide,
            wallets=(request.account_id,),
            facts=(*block_facts(request.account_id), Fact(WRONG, wrong)),
            audit=Audit(request.account_id, request.reason),
        )
    )


async def _fingerprint(house: House, request: LiftLostReport) -> str | None:
    """Return what the number is found by, of the document that the account was opened with."""
    profile = await Profile.get_or_none(id=request.account_id)
    if profile is None:
        return None
    kind = IdentityKind(profile.identity_kind)
    try:
        number = read_number(kind, request.identity_number or "")
    except Refused:
        return None
    text = identity_text(kind, profile.issuing_country, number)
    return house.vault.fingerprint(Purpose.IDENTITY_NUMBER, text)
