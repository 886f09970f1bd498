"""Who calls: an access token or an API key to an actor."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from models import ApiKey, Partner, Session, StaffMember
from models.kinds import PartnerKind, SessionState
from models.prepared import rows_of
from services.actors import Actor, ActorKind
from services.clock import Clock
from services.partners.keys import PREFIX, scopes_in
from services.people.persons import PERSONS, actor_of
from services.people.sessions import TOKEN_LIFE, TOKEN_PREFIX
from services.secrets import has_form, secret_hash
from services.staff.permissions import permissions_of_all

USED_ANEW = timedelta(minutes=5)
"""A key's last use is written down once in this time, however often it is used."""

LATELY = timedelta(minutes=1)
"""Longer ago than clocks differ and a transaction takes; each socket looks by itself as often."""


class BadCredentials(Exception):
    """The token or key is unknown, expired, ended or revoked; which one is not told."""


async def authenticate_token(clock: Clock, token: str) -> Actor:
    """Return the person whose access token this is, with what they may do now.

    Raises:
        BadCredentials: It opens nothing.
    """
    if not has_form(token, TOKEN_PREFIX):
        raise BadCredentials
    found = await rows_of("open session", _open_sessions, [secret_hash(token)])
    now = clock()
    # One that would last longer than any was given before the clock stepped back, and may have
    # expired since: the refresh token decides.
    if not found or not now < found[0]["token_expires_at"] <= now + TOKEN_LIFE + LATELY:
        raise BadCredentials
    actor = await actor_of(Session(**found[0]))
    if actor is None:
        raise BadCredentials
    return actor


def _open_sessions(given: Sequence[Any]) -> QuerySet[Session]:
    return Session.filter(token_hash=given[0], state=SessionState.OPEN)


async def authenticate_api_key(clock: Clock, key: str) -> Actor:
    """Return the partner whose API key this is; a suspended partner may still read.

    That it was used is written down, every few minutes.

    Raises:
        BadCredentials: It opens nothing.
    """
    if not has_form(key, PREFIX):
        raise BadCredentials
    now = clock()
    good = ApiKey.filter(revoked_at=None, expires_at__gt=now)
    api_key = await good.get_or_none(secret_hash=secret_hash(key))
    partner = await Partner.get_or_none(id=api_key.partner_id) if api_key else None
    if api_key is None or partner is None:
        raise BadCredentials
    if api_key.last_used_at is None or api_key.last_used_at <= now - USED_ANEW:
        # Of several processes at once, one writes.
        unwritten = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_ANEW)
        await ApiKey.filter(unwritten, id=api_key.id).update(last_used_at=now)
    return Actor(
        ActorKind.PARTNER,
        partner.id,
        partner_kind=PartnerKind(partner.kind),
        credential_id=api_key.id,
        scopes=scopes_in(api_key.scopes),
    )


async def ended_keys(clock: Clock, key_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these API keys that open nothing any more."""
    ended = Q(revoked_at__isnull=False) | Q(expires_at__lte=clock())
    found = await ApiKey.filter(ended, id__in=list(key_ids)).values_list("id", flat=True)
    return {UUID(str(key_id)) for key_id in found}


async def ended_sessions(clock: Clock) -> set[UUID]:
    """Return the sessions that somebody has ended lately."""
    lately = Session.filter(ended_at__gt=clock() - LATELY)
    return {UUID(str(session_id)) for session_id in await lately.values_list("id", flat=True)}


async def ended_lately(clock: Clock) -> set[UUID]:
    """Return the sessions and API keys that were ended lately, or have expired."""
    now = clock()
    expired = Q(expires_at__lte=now, expires_at__gt=now - LATELY)
    sessions = Session.filter(Q(ended_at__gt=now - LATELY) | expired)
    keys = ApiKey.filter(Q(revoked_at__gt=now - LATELY) | expired)
    return {
        UUID(str(ended_id))
        for found in (sessions, keys)
        for ended_id in await found.values_list("id", flat=True)
    }


async def renewed(clock: Clock, actor: Actor) -> Actor | None:
    """Return who calls on an open socket, with what they may do now; None when it must close.

    The session or API key decides, not the short token.
    """
    if actor.kind in PERSONS:
        session = await Session.get_or_none(
            id=actor.credential_id, state=SessionState.OPEN, expires_at__gt=clock()
        )
        return None if session is None else await actor_of(session)
    if actor.kind is ActorKind.PARTNER:
        good = ApiKey.filter(id=actor.credential_id, revoked_at=None, expires_at__gt=clock())
        return actor if await good.exists() else None
    return actor


async def still_valid(clock: Clock, actor: Actor) -> bool:
    """Tell whether a socket may stay open as it is, with what its caller could do when it began."""
    return actor in await still_valid_of(clock, (actor,))


async def still_valid_of(clock: Clock, actors: Collection[Actor]) -> frozenset[Actor]:
    """Return those whose sockets may stay open: ``still_valid``, of many with a few queries."""
    people = [actor for actor in actors if actor.kind in PERSONS]
    sessions = Session.filter(
        id__in=[actor.credential_id for actor in people],
        state=SessionState.OPEN,
        expires_at__gt=clock(),
    )
    begun_at = dict(await sessions.values_list("id", "started_at"))
    members = {actor.id for actor in people if actor.is_of_the_house and actor.id is not None}
    came = StaffMember.filter(id__in=list(members), active_since__isnull=False)
    active_since = dict(await came.values_list("id", "active_since"))
    may = await permissions_of_all(members)
    keys = [actor.credential_id for actor in actors if actor.kind is ActorKind.PARTNER]
    good = ApiKey.filter(id__in=keys, revoked_at=None, expires_at__gt=clock())
    good_keys = set(await good.values_list("id", flat=True))

    def stays(actor: Actor) -> bool:
        if actor.kind is ActorKind.PARTNER:
            return actor.credential_id in good_keys
        if actor.kind not in PERSONS:
            return True
        if actor.credential_id not in begun_at:
            return False
        if not actor.is_of_the_house:
            return True
        return (
            actor.id is not None
            and actor.id in active_since
            and begun_at[actor.credential_id] >= active_since[actor.id]
            and may.get(actor.id) == actor.permissions
        )

    return frozenset(filter(stays, actors))
