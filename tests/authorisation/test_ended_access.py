"""Whatever ends somebody's access: they are told nothing more, and their socket is to be closed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from graphql import GraphQLError

from app.adapters.local_bus import LocalBus
from app.ended_access import FORBIDDEN, EndedAccess
from app.transport import OpenSockets
from models import ApiKey, Customer, RefreshToken, Session, StaffMember, StaffRole
from models.kinds import ApiKeyScope, CodePurpose, Permission
from services.actors import Actor, ActorKind
from services.partners.create_api_key import CreateApiKey, create_api_key
from services.partners.revoke_api_key import revoke_api_key
from services.partners.rotate_api_key import RotateApiKey, rotate_api_key
from services.passwords import hash_password
from services.people.authenticate import still_valid
from services.people.change_password import PasswordChange, change_password
from services.people.codes import keep_code
from services.people.end_session import end_session
from services.people.refresh_session import refresh_session
from services.people.reset_password import PasswordReset, reset_password
from services.people.sessions import REFRESH_PREFIX, SESSIONS_MAX
from services.people.sign_in import sign_in
from services.people.sign_out import sign_out
from services.people.sign_out_everywhere import sign_out_everywhere
from services.refusals import Refused
from services.secrets import new_secret, secret_hash
from services.staff.change_roles import change_staff_roles
from services.staff.deactivate import deactivate_staff
from services.staff.update_role import UpdateRole, update_role
from tests.authorisation.walk import hashed_cheaply
from tests.authorisation.world import CODE
from tests.factories import (
    HouseUnderTest,
    a_centre,
    a_customer,
    a_draw,
    a_key,
    a_platform,
    a_session,
    a_supervisor,
    an_operator,
    id_of,
    new_id,
)
from tests.people.access import OTHER_PASSWORD, PASSWORD
from tests.resolvers.asking import Coffer, coffer_on
from tests.resolvers.test_subscriptions import listening

DRAWS = "subscription { told: notifications(kinds: [DRAW_OPENED]) { __typename } }"


@dataclass(frozen=True, slots=True)
class Ended:
    """Somebody whose access is about to end, and who ends it."""

    house: HouseUnderTest
    actor: Actor
    """Who follows, with the session or key that ends."""
    elsewhere: Actor
    """The same, with another session or key."""
    administrator: Actor

    @property
    def credential_id(self) -> UUID:
        """The session or key that ends."""
        assert self.actor.credential_id is not None
        return self.actor.credential_id


End = Callable[[Ended], Awaitable[object]]


async def by_signing_out(of: Ended) -> object:
    return await sign_out(of.house, of.actor)


async def by_signing_out_everywhere(of: Ended) -> object:
    return await sign_out_everywhere(of.house, of.elsewhere, a_key(), but_this=True)


async def by_ending_it_elsewhere(of: Ended) -> object:
    return await end_session(of.house, of.elsewhere, a_key(), of.credential_id)


async def by_another_password(of: Ended) -> object:
    change = PasswordChange(a_key(), PASSWORD, OTHER_PASSWORD)
    return await change_password(of.house, of.elsewhere, change)


async def by_recovering_the_password(of: Ended) -> object:
    code_id = new_id()
    kind, purpose = of.actor.kind, CodePurpose.RESET_PASSWORD
    await keep_code(of.house, code_id, purpose, kind, id_of(of.actor), CODE)
    return await reset_password(of.house, PasswordReset(a_key(), code_id, CODE, OTHER_PASSWORD))


async def by_a_theft(of: Ended) -> object:
    """Have a refresh token used, and used again by somebody else."""
    now = of.house.clock()
    stolen = new_secret(REFRESH_PREFIX)
    token_hash = secret_hash(stolen)
    await RefreshToken.create(
        id=new_id(), session_id=of.credential_id, token_hash=token_hash, issued_at=now
    )
    await refresh_session(of.house, stolen, a_key())
    with pytest.raises(Refused):
        await refresh_session(of.house, stolen, a_key())
    return None


async def by_too_many_others(of: Ended) -> object:
    email = (await Customer.get(id=id_of(of.actor))).email
    for _ in range(SESSIONS_MAX):
        await sign_in(of.house, email, PASSWORD)
    return None


async def by_its_age(of: Ended) -> object:
    soon = of.house.clock() + timedelta(seconds=1)
    await Session.filter(id=of.credential_id).update(expires_at=soon)
    await ApiKey.filter(id=of.credential_id).update(expires_at=soon)
    return of.house.clock.advance(seconds=1)


async def by_other_roles(of: Ended) -> object:
    who = id_of(of.actor)
    return await change_staff_roles(of.house, of.administrator, a_key(), who, (), "Moves")


async def by_a_role_of_less(of: Ended) -> object:
    grant = await StaffRole.get(member_id=id_of(of.actor))
    less = UpdateRole(a_key(), grant.role_id, "Less", permissions=frozenset())
    return await update_role(of.house, of.administrator, less)


async def by_deactivation(of: Ended) -> object:
    return await deactivate_staff(of.house, of.administrator, a_key(), id_of(of.actor), "Leaves")


async def by_revoking_the_key(of: Ended) -> object:
    return await revoke_api_key(of.house, of.elsewhere, a_key(), of.credential_id)


async def by_rotating_the_key(of: Ended) -> object:
    soon = of.house.clock() + timedelta(seconds=1)
    request = RotateApiKey(a_key(), of.credential_id, old_until=soon)
    await rotate_api_key(of.house, of.elsewhere, request)
    return of.house.clock.advance(seconds=1)


OF_PEOPLE: list[End] = [
    by_signing_out,
    by_signing_out_everywhere,
    by_ending_it_elsewhere,
    by_another_password,
    by_its_age,
]
OF_STAFF: list[End] = [*OF_PEOPLE, by_deactivation]

ENDS: dict[ActorKind, list[End]] = {
    ActorKind.CUSTOMER: [
        *OF_PEOPLE,
        by_recovering_the_password,
        by_a_theft,
        by_too_many_others,
    ],
    ActorKind.OPERATOR: [*OF_STAFF, by_other_roles, by_a_role_of_less],
    ActorKind.SUPERVISOR: OF_STAFF,
    ActorKind.PARTNER: [by_revoking_the_key, by_rotating_the_key, by_its_age],
}
"""Whatever ends the access of each kind of caller."""

FOUND_BY_THE_SOCKET: set[tuple[ActorKind, End]] = {(ActorKind.CUSTOMER, by_its_age)}
"""What the watch over all sockets leaves to each of them, which looks every 25 s."""


@dataclass(slots=True, eq=False)
class Socket:
    """An open socket, as far as its end is concerned."""

    caller: Actor
    code: int | None = None

    async def close(self, code: int, reason: str) -> None:
        """Be closed."""
        del reason
        self.code = code


async def a_key_of(house: HouseUnderTest, partner: Actor, scopes: frozenset[ApiKeyScope]) -> UUID:
    """Make an API key of these scopes, and return its id."""
    made = await create_api_key(house, partner, CreateApiKey(a_key(), "A key", scopes))
    return UUID(made.answered.body["api_key"]["id"])


async def somebody(house: HouseUnderTest, kind: ActorKind) -> tuple[Actor, Actor]:
    """Return somebody of a kind, once with what will end, and once with something else."""
    if kind is ActorKind.PARTNER:
        platform = await a_platform(house)
        few = frozenset({ApiKeyScope.SUBSCRIBE, ApiKeyScope.MANAGE_KEYS})
        first, other = [await a_key_of(house, platform, few) for _ in range(2)]
        partner = replace(platform, scopes=few)
        return replace(partner, credential_id=first), replace(partner, credential_id=other)
    make = {
        ActorKind.CUSTOMER: a_customer,
        ActorKind.SUPERVISOR: a_supervisor,
    }
    if kind is ActorKind.OPERATOR:
        actor = await an_operator(house, Permission.SEE_LEDGER)
    else:
        actor = await make[kind](house)
    model = Customer if kind is ActorKind.CUSTOMER else StaffMember
    await model.filter(id=actor.id).update(password_hash=await hash_password(PASSWORD))
    first, other = [await a_session(house, actor) for _ in range(2)]
    return replace(actor, credential_id=first), replace(actor, credential_id=other)


@pytest.fixture
async def coffer(database_url: str) -> AsyncIterator[Coffer]:
    """The schema before a fresh house on each engine."""
    with hashed_cheaply():
        async with coffer_on(database_url) as coffer:
            yield coffer


async def test_whatever_ends_somebodys_access_they_are_told_nothing_after(coffer: Coffer) -> None:
    centre = await a_centre(coffer.house)
    administrator = await an_operator(coffer.house)
    for kind, ends in ENDS.items():
        for end in ends:
            actor, elsewhere = await somebody(coffer.house, kind)
            of = Ended(coffer.house, actor, elsewhere, administrator)
            sockets = OpenSockets()
            ending, going_on = Socket(actor), Socket(elsewhere)
            sockets.add(ending)
            sockets.add(going_on)
            watch = EndedAccess(LocalBus(), sockets, coffer.house.clock)
            async with aclosing(coffer.follow(actor, DRAWS)) as stream:
                waiting = await listening(coffer, stream)
                await watch._look()
                assert (ending.code, going_on.code) == (None, None), (kind, end)
                await end(of)
                await a_draw(coffer.house, centre)
                with pytest.raises(GraphQLError) as told:
                    await waiting
                assert told.value.extensions == {"code": "FORBIDDEN"}
            assert not await still_valid(coffer.house.clock, actor), (kind, end)
            await watch._look()
            by_the_watch = (kind, end) not in FOUND_BY_THE_SOCKET
            assert (ending.code == FORBIDDEN) is by_the_watch, (kind, end)


async def test_who_goes_on_is_told(coffer: Coffer) -> None:
    """The same, where nothing ends: else the test above would prove little."""
    centre = await a_centre(coffer.house)
    for kind in ENDS:
        actor, _ = await somebody(coffer.house, kind)
        async with aclosing(coffer.follow(actor, DRAWS)) as stream:
            waiting = await listening(coffer, stream)
            await a_draw(coffer.house, centre)
            assert (await waiting)["__typename"] == "DrawEvent"
