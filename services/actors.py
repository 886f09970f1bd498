"""Who calls: every service decides by this and nothing else."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from models.kinds import PartnerKind
from services.refusals import RefusalCode, Refused


class NotAllowed(Exception):
    """The kind of actor may never do this. ``signed_in`` tells whether it is somebody at all."""

    def __init__(self, *, signed_in: bool) -> None:
        super().__init__("not allowed")
        self.signed_in = signed_in


class ActorKind(StrEnum):
    """The kinds of callers (design §5)."""

    NOBODY = "NOBODY"
    CUSTOMER = "CUSTOMER"
    PARTNER = "PARTNER"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller. ``id`` is the customer's or partner's; ``credential_id`` the session's or key's."""

    kind: ActorKind
    id: UUID | None = None
    partner_kind: PartnerKind | None = None
    credential_id: UUID | None = None

    @property
    def principal(self) -> str:
        """Whose idempotency keys these are: the person or partner, not the session or API key."""
        return f"{self.kind.lower()}:{self.id}" if self.id else self.kind.lower()

    @property
    def is_operator(self) -> bool:
        """Whether this is an operator of the house."""
        return self.partner_kind is PartnerKind.OPERATOR

    def customer_id(self) -> UUID:
        """Return the customer's id.

        Raises:
            NotAllowed: The caller is no customer.
        """
        if self.kind is not ActorKind.CUSTOMER or self.id is None:
            raise NotAllowed(signed_in=self.kind is not ActorKind.NOBODY)
        return self.id

    def partner_id(self, *kinds: PartnerKind) -> UUID:
        """Return the partner's id.

        Raises:
            NotAllowed: The caller is no partner of these kinds (of any, where none is named).
        """
        if (
            self.id is None
            or self.partner_kind is None
            or (kinds and self.partner_kind not in kinds)
        ):
            raise NotAllowed(signed_in=self.kind is not ActorKind.NOBODY)
        return self.id


NOBODY = Actor(ActorKind.NOBODY)
SYSTEM = Actor(ActorKind.SYSTEM)


def not_found(*path: str | int) -> Refused:
    """Return the one refusal for what does not exist and what one may not see."""
    return Refused(RefusalCode.NOT_FOUND, *path)
