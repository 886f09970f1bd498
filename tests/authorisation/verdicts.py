"""What callers of each kind are told, as one short text for each kind: a cell of the table."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import StrEnum

from models.kinds import SCOPES, Permission
from services.actors import Actor
from tests.authorisation.world import Column, Half, World


class Verdict(StrEnum):
    """What one caller is told who asks for one thing."""

    YES = "yes"
    HIDDEN = "–"
    NO = "no"


class Outcome(StrEnum):
    """What a kind of caller is told, asking for their own and for somebody else's."""

    YES = "yes"
    OWN = "own"
    MASKED = "masked"
    HIDDEN = "–"
    NO = "no"


_OUTCOMES = {
    (Verdict.YES, Verdict.YES): Outcome.YES,
    (Verdict.YES, Verdict.HIDDEN): Outcome.OWN,
    (Verdict.HIDDEN, Verdict.HIDDEN): Outcome.HIDDEN,
    (Verdict.NO, Verdict.NO): Outcome.NO,
}

Ask = Callable[[Actor, Half], Awaitable[Verdict]]
"""Asks as somebody for what is in one half of the world."""

Judge = Callable[[Actor, Column], Awaitable[Outcome]]
"""Tells what a caller of a column is told."""

Row = dict[Column, str]
"""A row of the table."""


def by_halves(world: World, ask: Ask) -> Judge:
    """Judge by asking for one's own and for somebody else's."""

    async def judge(actor: Actor, column: Column) -> Outcome:
        own, others = [await ask(actor, half) for half in world.halves(actor, column)]
        return _OUTCOMES[own, others]

    return judge


async def row(world: World, judge: Judge, *, by_scope: bool = True) -> Row:
    """Return a row of the table: what is told each kind of caller, and by what it may do so.

    Args:
        world: Everybody.
        judge: Tells what somebody is told.
        by_scope: Whether it is asked which scopes a partner's key needs.
    """
    of_partner = _of_partner if by_scope else _of_key
    return {
        Column.NOBODY: await judge(world.own.actors[Column.NOBODY], Column.NOBODY),
        Column.CUSTOMER: await judge(world.own.actors[Column.CUSTOMER], Column.CUSTOMER),
        Column.PLATFORM: await of_partner(world, judge, Column.PLATFORM),
        Column.CENTRE: await of_partner(world, judge, Column.CENTRE),
        Column.OPERATOR: await _of_operator(world, judge),
        Column.SUPERVISOR: await judge(world.own.actors[Column.SUPERVISOR], Column.SUPERVISOR),
    }


async def _of_key(world: World, judge: Judge, column: Column) -> str:
    return await judge(world.own.actors[column], column)


async def _of_partner(world: World, judge: Judge, column: Column) -> str:
    """Take one scope after the other away from the key, and name those that are missed."""
    actor = world.own.actors[column]
    assert actor.partner_kind is not None
    best = await judge(actor, column)
    if best in {Outcome.NO, Outcome.HIDDEN}:
        return best
    told = {
        scope.value: await judge(replace(actor, scopes=actor.scopes - {scope}), column)
        for scope in sorted(SCOPES[actor.partner_kind])
    }
    needed = [_by(scope, worst) for scope, worst in told.items() if worst != best]
    return f"{best}: {' + '.join(needed)}" if needed else best


async def _of_operator(world: World, judge: Judge) -> str:
    """Let an operator have one permission after the other, and name those that are enough."""
    best = await judge(world.own.actors[Column.OPERATOR], Column.OPERATOR)
    worst = await judge(world.idle, Column.OPERATOR)
    if best == worst == Outcome.NO:
        return best
    told = {
        permission: await judge(actor, Column.OPERATOR)
        for permission, actor in world.specialists.items()
    }
    assert set(told.values()) <= {best, worst}, told
    enough = [permission for permission, outcome in told.items() if outcome == best]
    if best == worst:
        assert len(enough) == len(Permission), told
        return best
    if enough:
        return f"{best}: {_by(' or '.join(sorted(enough)), worst)}"
    # What leads from one thing to another needs the permissions for both.
    enough = [
        permission
        for permission, actor in world.pairs.items()
        if await judge(actor, Column.OPERATOR) == best
    ]
    assert enough, "no two permissions are enough"
    both = f"{Permission.SEE_CUSTOMERS} + {' or '.join(sorted(enough))}"
    return f"{best}: {_by(both, worst)}"


def _by(what: str, worst: Outcome) -> str:
    """Name what something is done by, and what is told without it, unless that is a plain no."""
    return what if worst is Outcome.NO else f"{what} ({worst})"
