"""The context of one operation, or of one event of a subscription."""

from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from strawberry.types import Info as StrawberryInfo

from graphql_schema.faults import FORBIDDEN, UNAUTHENTICATED, fault, scope_missing
from graphql_schema.messages import Language
from graphql_schema.port import Port
from graphql_schema.reading import Reading
from models.kinds import ApiKeyScope, Permission
from resolvers.reads import DatabaseReads
from services.actors import Actor, ActorKind, NotAllowed, ScopeMissing
from services.house import House
from services.notifications.feed import Feed
from services.origin import UNKNOWN, Origin
from services.people.still_in import StillIn
from services.refusals import RefusalCode
from services.staff.still_may import StillMay


@dataclass
class Context:
    """Who asks, in which language, and the means to answer.

    Attributes:
        house: The process's means.
        feed: The process's reader of events.
        actor: Who asks; everything is limited to what this caller may see and do.
        language: Of messages.
        refusals: The codes of the refusals that were given as answers.
        origin: Where the request comes from.
        still_in: Whom the process asks whether callers who are told of events are still let in.
        still_may: Whom the process asks whether people of the house may still hear an event.
    """

    house: House
    feed: Feed
    actor: Actor
    language: Language
    refusals: list[RefusalCode] = field(default_factory=list, init=False)
    origin: Origin = UNKNOWN
    still_may: StillMay = field(default_factory=StillMay)
    still_in: StillIn = field(default_factory=StillIn)
    _reads: DatabaseReads | None = field(default=None, init=False)

    @cached_property
    def reading(self) -> Reading:
        """What reads inputs."""
        return Reading(self.language)

    @property
    def credential_id(self) -> UUID | None:
        """The session or API key that the caller asks with."""
        return self.actor.credential_id

    @property
    def reads(self) -> DatabaseReads:
        """What reads rows; made when first asked for, since a command's answer needs none."""
        if self._reads is None:
            self._reads = DatabaseReads(self.house, self.actor)
        return self._reads

    @property
    def sees_customers_balances(self) -> bool:
        """Whether the caller may know what a customer's account holds, if the account is seen."""
        customer = self.actor.kind is ActorKind.CUSTOMER
        return customer or self.actor.may(Permission.SEE_CUSTOMERS)

    def forget(self) -> None:
        """Forget every row that was read: something has changed."""
        self._reads = None

    def require_signed_in(self) -> None:
        """Refuse nobody, and a partner whose key may not read.

        Raises:
            GraphQLError: ``UNAUTHENTICATED``, ``FORBIDDEN``.
        """
        if self.actor.kind is ActorKind.NOBODY:
            raise fault(self.language, UNAUTHENTICATED)
        try:
            self.actor.require_scope(ApiKeyScope.READ)
        except NotAllowed as error:
            raise self.not_allowed(error) from None

    def not_allowed(self, error: NotAllowed) -> Exception:
        """Return what a caller is told who may never do this, to be raised."""
        if isinstance(error, ScopeMissing):
            return scope_missing(self.language, error.scope)
        return fault(self.language, FORBIDDEN if error.signed_in else UNAUTHENTICATED)


Info = StrawberryInfo[Context, None]


def port_of(context: Context) -> Port:
    """Return the context as types know it: mypy checks here that it keeps its promises."""
    return context
