"""Who calls: an access token or an API key to an actor."""

from models import ApiKey, Partner, Session
from models.kinds import PartnerKind, PartnerStatus, Permission
from services.actors import Actor, ActorKind
from services.clock import Clock
from services.secrets import secret_hash


class BadCredentials(Exception):
    """The token or key is unknown, expired, ended or revoked; which one is not told."""


async def authenticate_token(clock: Clock, token: str) -> Actor:
    """Return the customer whose access token this is.

    Raises:
        BadCredentials: It opens nothing.
    """
    session = await Session.get_or_none(token_hash=secret_hash(token), ended_at=None)
    if session is None or session.token_expires_at <= clock():
        raise BadCredentials
    return Actor(ActorKind.CUSTOMER, session.customer_id, credential_id=session.id)


async def authenticate_api_key(key: str) -> Actor:
    """Return the partner whose API key this is; a suspended partner may still read.

    Raises:
        BadCredentials: It opens nothing.
    """
    api_key = await ApiKey.get_or_none(secret_hash=secret_hash(key), revoked_at=None)
    partner = await Partner.get_or_none(id=api_key.partner_id) if api_key else None
    if api_key is None or partner is None:
        raise BadCredentials
    if partner.kind == PartnerKind.OPERATOR:
        active = partner.status == PartnerStatus.ACTIVE
        may = frozenset(Permission if active else ())
        return Actor(ActorKind.OPERATOR, partner.id, credential_id=api_key.id, permissions=may)
    return Actor(
        ActorKind.PARTNER,
        partner.id,
        partner_kind=PartnerKind(partner.kind),
        credential_id=api_key.id,
    )


async def still_valid(clock: Clock, actor: Actor) -> bool:
    """Tell whether a socket may stay open: its session or API key, not the short token, decides."""
    if actor.kind is ActorKind.CUSTOMER:
        return await Session.filter(
            id=actor.credential_id, ended_at=None, expires_at__gt=clock()
        ).exists()
    if actor.kind in {ActorKind.PARTNER, ActorKind.OPERATOR}:
        return await ApiKey.filter(id=actor.credential_id, revoked_at=None).exists()
    return True
