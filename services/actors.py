"""Who calls: every service decides by this and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from models.kinds import SCOPES, ApiKeyScope, PartnerKind, Permission
from services.refusals import RefusalCode, Refused


class NotAllowed(Exception):
    """The kind of actor may never do this. ``signed_in`` tells whether it is somebody at all."""

    def __init__(self, *, signed_in: bool) -> None:
        super().__init__("not allowed")
        self.signed_in = signed_in


class ScopeMissing(NotAllowed):
    """The partner may do this, but not with this API key."""

    def __init__(self, scope: ApiKeyScope) -> None:
        super().__init__(signed_in=True)
        self.scope = scope


class ActorKind(StrEnum):
    """The kinds of callers (design §5)."""

    NOBODY = "NOBODY"
    CUSTOMER = "CUSTOMER"
    PARTNER = "PARTNER"
    OPERATOR = "OPERATOR"
    SUPERVISOR = "SUPERVISOR"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller.

    Attributes:
        kind: What it is.
        id: The customer's, partner's, operator's or supervisor's.
        partner_kind: What kind of partner it is.
        credential_id: The session's or API key's.
        permissions: What a person of the house may do, by their role.
        stepped_up_until: Until when a customer has proved with the payment PIN who they are.
        scopes: What the API key of a partner may do.
    """

    kind: ActorKind
    id: UUID | None = None
    partner_kind: PartnerKind | None = None
    credential_id: UUID | None = None
    permissions: frozenset[Permission] = frozenset()
    stepped_up_until: datetime | None = None
    scopes: frozenset[ApiKeyScope] = frozenset()

    @property
    def principal(self) -> str:
        """Whose idempotency keys these are: the person or partner, not the session or API key."""
        return f"{self.kind.lower()}:{self.id}" if self.id else self.kind.lower()

    @property
    def is_of_the_house(self) -> bool:
        """Whether this is an operator or a supervisor."""
        return self.kind in {ActorKind.OPERATOR, ActorKind.SUPERVISOR}

    def may(self, permission: Permission) -> bool:
        """Tell whether this is the house itself, or a person of it with a permission."""
        return self.kind is ActorKind.SYSTEM or permission in self.permissions

    def require(self, *permissions: Permission) -> None:
        """Let pass the house itself and its people with one of these permissions.

        Raises:
            NotAllowed: The caller is somebody else.
        """
        if not any(map(self.may, permissions)):
            raise self._not_allowed()

    def customer_id(self) -> UUID:
        """Return the customer's id.

        Raises:
            NotAllowed: The caller is no customer.
        """
        if self.kind is not ActorKind.CUSTOMER or self.id is None:
            raise self._not_allowed()
        return self.id

    def partner_id(self, *kinds: PartnerKind, scope: ApiKeyScope) -> UUID:
        """Return the partner's id.

        Raises:
            NotAllowed: The caller is no partner of these kinds (of any, where none is named).
            ScopeMissing: It is one, and calls with a key that lacks the scope.
        """
        if (
            self.id is None
            or self.partner_kind is None
            or (kinds and self.partner_kind not in kinds)
        ):
            raise self._not_allowed()
        self.require_scope(scope)
        return self.id

    def has_scope(self, scope: ApiKeyScope) -> bool:
        """Tell whether this is no partner, or one whose key has a scope."""
        return self.kind is not ActorKind.PARTNER or scope in self.scopes

    def require_scope(self, scope: ApiKeyScope) -> None:
        """Let pass whoever is no partner, and a partner whose key has a scope.

        Raises:
            ScopeMissing: The key lacks it.
        """
        if not self.has_scope(scope):
            raise ScopeMissing(scope)

    def require_step_up(self, now: datetime) -> None:
        """Let pass a customer who has proved a few minutes ago who they are, with the PIN.

        Raises:
            Refused: ``STEP_UP_REQUIRED``.
        """
        if self.stepped_up_until is None or self.stepped_up_until <= now:
            raise Refused(RefusalCode.STEP_UP_REQUIRED)

    def _not_allowed(self) -> NotAllowed:
        return NotAllowed(signed_in=self.kind is not ActorKind.NOBODY)


NOBODY = Actor(ActorKind.NOBODY)
SYSTEM = Actor(ActorKind.SYSTEM)


def partner_actor(partner_id: UUID, kind: PartnerKind) -> Actor:
    """Return a partner as a caller with no particular key, who may do all that its kind may."""
    return Actor(ActorKind.PARTNER, partner_id, kind, scopes=SCOPES[kind])


def not_found(*path: str | int) -> Refused:
    """Return the one refusal for what does not exist and what one may not see."""
    return Refused(RefusalCode.NOT_FOUND, *path)
