"""Asking every mutation as everybody, and looking at what its answer shows."""

import sqlite3
from dataclasses import dataclass, replace

from graphql import GraphQLInputObjectType, get_named_type

from services.actors import Actor
from tests.authorisation.examples import EXAMPLES, Example, Given
from tests.authorisation.keeping import Keeper, forgetful
from tests.authorisation.seen import VALUES, Seen, look
from tests.authorisation.selecting import everything, fields_of, is_composite
from tests.authorisation.verdicts import Outcome, Row, Verdict, by_halves, row
from tests.authorisation.walk_reads import Reads, refused
from tests.authorisation.world import Column, Half, World
from tests.factories import a_key
from tests.resolvers.asking import Coffer

TOLD = "__typename ... on Refusal { code message path }"
FIELDS = fields_of("Mutation")

Shown = dict[tuple[str, str], list[str]]
"""By mutation and by whom it was asked: fields that the answer showed and no query shows."""


@dataclass(frozen=True, slots=True)
class Mutations:
    """Walks the mutations of one world, and leaves it as it was."""

    coffer: Coffer
    world: World
    keeper: Keeper

    async def rows(self) -> dict[str, Row]:
        """Return a row for each mutation."""
        rows: dict[str, Row] = {}
        for name in FIELDS:
            example = EXAMPLES[name]
            before, ready = await self._prepared(example)

            async def ask(actor: Actor, half: Half) -> Verdict:
                return await self._ask(name, example, ready, actor, half)  # noqa: B023

            rows[name] = await row(self.world, by_halves(self.world, ask))
            self.keeper.put_back(before)
        return rows

    async def shown(self, reads: Reads, rows: dict[str, Row]) -> Shown:
        """Return what answers show beyond what whoever asked can read.

        That is the very thing that was acted upon. Whatever hangs on it stays hidden, and is looked
        for here: nothing may lead to a thing of a kind that the caller cannot read.
        """
        shown: Shown = {}
        kinds = {name for of in reads.remembered.values() for name in of.reached}
        for name, of in rows.items():
            example = EXAMPLES[name]
            before, ready = await self._prepared(example)
            for caller, column, actor in self._callers(of):
                half, _ = self.world.halves(actor, column)
                seen = await self._seen(name, example.given(half), actor)
                self.keeper.put_back(ready)
                readable = await reads.seen_by(actor, column)
                beyond = sorted(_beyond(seen, readable, kinds))
                if beyond:
                    shown[name, caller] = beyond
            self.keeper.put_back(before)
        return shown

    def _callers(self, of: Row) -> list[tuple[str, Column, Actor]]:
        """Return those who may, each with no more permissions than that takes."""
        callers: list[tuple[str, Column, Actor]] = [
            (column.value, column, actor)
            for column, actor in self.world.own.actors.items()
            if of[column].startswith((Outcome.YES, Outcome.OWN)) and column is not Column.OPERATOR
        ]
        allowed = of[Column.OPERATOR].replace(":", "").split()
        callers += [
            (f"operator with {permission}", Column.OPERATOR, actor)
            for permission, actor in self.world.specialists.items()
            if permission in allowed
        ]
        return [] if of[Column.NOBODY] == Outcome.YES else callers

    async def _prepared(self, example: Example) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        """Let what must have happened happen; return the world before and after that."""
        before = self.keeper.keep()
        for half in (self.world.own, self.world.others):
            await example.before(self.coffer.house, half)
        return before, self.keeper.keep()

    async def _ask(
        self, name: str, example: Example, ready: sqlite3.Connection, actor: Actor, half: Half
    ) -> Verdict:
        coffer = replace(self.coffer, house=forgetful(self.coffer.house))
        document, variables = asking(name, example.given(half))
        answer = await coffer.answer(actor, document, **variables)
        if errors := answer.get("errors"):
            return refused({error["extensions"]["code"] for error in errors})
        told = answer["data"]["told"]
        told = told.get("results", [told])[0]
        if told["__typename"].endswith("Success"):
            self.keeper.put_back(ready)
            return Verdict.YES
        assert told["code"] == example.hidden_as, (name, actor, told)
        return Verdict.HIDDEN

    async def _seen(self, name: str, given: Given, actor: Actor) -> Seen:
        coffer = replace(self.coffer, house=forgetful(self.coffer.house))
        success = f"{_capital(name)}Success"
        document, variables = asking(
            name, given, f"__typename ... on {success} {{ {everything(success, 1)} }}"
        )
        told = await Reads.run(coffer, actor, document, variables)
        assert not told.codes, (name, actor, told.codes)
        assert told.data["__typename"] == success, (name, actor)
        seen = Seen()
        look(told.data, lambda _: True, seen)
        return seen


def _beyond(seen: Seen, readable: Seen, kinds: set[str]) -> set[str]:
    """Return the fields that somebody sees in an answer and in nothing that they can read.

    Args:
        seen: In the answer.
        readable: By the same caller.
        kinds: What can be read at all: other types are part of the answer.
    """
    beyond = set()
    for name, of in seen.fields:
        if name not in kinds or (name, of) in readable.fields:
            continue
        named = get_named_type(fields_of(name)[of].type)
        leads_on = is_composite(named) and named.name not in VALUES
        hidden = leads_on and named.name not in readable.reached
        assert not hidden, f"{name}.{of} leads to what is hidden"
        beyond.add(f"{name}.{of}")
    return beyond


def asking(name: str, given: Given, told: str = "") -> tuple[str, Given]:
    """Return a document that asks a mutation, and its variables, under a fresh key."""
    if not told:
        of_each = f" ... on PurchasesSuccess {{ results {{ {TOLD} }} }}"
        told = TOLD + of_each * (name == "purchases")
    if not FIELDS[name].args:
        return f"mutation {{ told: {name} {{ {told} }} }}", {}
    takes = get_named_type(FIELDS[name].args["input"].type)
    assert isinstance(takes, GraphQLInputObjectType)
    if "idempotencyKey" in takes.fields:
        given = {"idempotencyKey": a_key(), **given}
    head = f"mutation ($input: {_capital(name)}Input!)"
    return f"{head} {{ told: {name}(input: $input) {{ {told} }} }}", {"input": given}


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
