"""Reading everything as everybody: root fields, nodes, what they hold, and what is told."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLField,
    GraphQLObjectType,
    execute,
    get_named_type,
    is_abstract_type,
    parse,
    validate,
)

from app.transport.errors import Refused
from graphql_schema.relay import NodeKind, cursor_of, decode
from models import FeedEvent
from models.kinds import EventKind
from resolvers.context import Context
from resolvers.schema import schema
from services.actors import Actor
from tests.authorisation.owners import Owners
from tests.authorisation.questions import BEGINNING, QUERIES, SUBSCRIPTIONS, Question
from tests.authorisation.seen import VALUES, Seen, is_there, look
from tests.authorisation.selecting import (
    TYPES,
    Value,
    everything,
    fields_of,
    is_node,
    is_wrapping,
    objects,
    shallow,
)
from tests.authorisation.verdicts import Judge, Outcome, Row, Verdict, by_halves, row
from tests.authorisation.world import Column, Half, World
from tests.resolvers.asking import Coffer, row_id_of

QUERY_FIELDS = fields_of("Query")
SUBSCRIPTION_FIELDS = fields_of("Subscription")
NOT_ALLOWED = {"FORBIDDEN", "UNAUTHENTICATED"}
PAGE = 100
SHOWN_OF_THE_LOG = 8
"""How many entries of the audit log are read whole, the newest: each of them leads far."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: data, or the codes of the errors."""

    data: Any
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reads:
    """Walks what can be read of one world."""

    coffer: Coffer
    world: World
    owners: Owners
    events: Mapping[str, FeedEvent]
    """By the id that clients see."""
    ids: Mapping[NodeKind, list[str]]
    """Of all nodes of a kind, in the order in which they were made."""
    remembered: dict[Actor, Seen] = field(default_factory=dict)
    visible: dict[Actor, frozenset[str] | None] = field(default_factory=dict)

    @staticmethod
    async def of(coffer: Coffer, world: World, owners: Owners) -> "Reads":
        """Return what walks a world as it is now."""
        events = {cursor_of("event", event.id): event for event in await FeedEvent.all()}
        ids: dict[NodeKind, list[str]] = {kind: [] for kind in NodeKind}
        for each in sorted(owners, key=row_id_of):
            ids[_kind(each)].append(each)
        return Reads(coffer, world, owners, events, ids)

    async def queries(self) -> dict[str, Row]:
        """Return a row for each way to ask a root query."""
        rows = {}
        for name, questions in QUERIES.items():
            for question in questions:
                judge = self._judge(name, question)
                label = f"{name} ({question.note})" if question.note else name
                rows[label] = await row(self.world, judge)
        return rows

    def _judge(self, name: str, question: Question) -> Judge:
        async def ask(actor: Actor, half: Half) -> Verdict:
            told = await self._ask(actor, name, question.given(half))
            if told.codes:
                return refused(told.codes)
            return Verdict.YES if is_there(told.data) else Verdict.HIDDEN

        async def listed(actor: Actor, column: Column) -> Outcome:
            del column
            told = await self._ask(actor, name, {})
            if told.codes:
                return Outcome(refused(told.codes))
            return self._whose(actor, told.data)

        return by_halves(self.world, ask) if question.argued else listed

    def _whose(self, actor: Actor, data: Value) -> Outcome:
        if not is_there(data):
            return Outcome.HIDDEN
        ids = {each["id"] for each, _ in objects(data) if "id" in each}
        ids = {each for each in ids if not self._is_for_all(each)} or ids
        own = {each for each in ids if self._is_own(actor, each)}
        return Outcome.OWN if ids and ids == own else Outcome.YES

    def _is_for_all(self, global_id: str) -> bool:
        return global_id in self.events and self.events[global_id].audience.startswith("topic:")

    def _is_own(self, actor: Actor, global_id: str) -> bool:
        if global_id in self.events:
            return str(actor.id) in self.events[global_id].audience
        return actor.id in self.owners.get(global_id, ())

    async def nodes(self) -> dict[str, Row]:
        """Return a row for each kind of node, from asking for all there are through `nodes`."""

        def judge_of(kind: NodeKind) -> Judge:
            all_of = set(self.ids[kind])

            async def judge(actor: Actor, column: Column) -> Outcome:
                del column
                found = await self._visible(actor)
                if found is None:
                    return Outcome.NO
                there = found & all_of
                own = {each for each in all_of if self._is_own(actor, each)}
                if there == all_of:
                    return Outcome.YES
                assert there <= own, (kind, actor, there - own)
                return Outcome.OWN if there else Outcome.HIDDEN

            return judge

        return {kind: await row(self.world, judge_of(kind)) for kind in NodeKind}

    async def _visible(self, actor: Actor) -> frozenset[str] | None:
        """Return the ids of all nodes that somebody may fetch; None for whoever may fetch none."""
        if actor not in self.visible:
            self.visible[actor] = await self._fetched(actor)
        return self.visible[actor]

    async def _fetched(self, actor: Actor) -> frozenset[str] | None:
        found: set[str] = set()
        for some in _pages(sorted(self.owners)):
            told = await self._ask(actor, "nodes", {"ids": some})
            if told.codes:
                assert refused(told.codes) is Verdict.NO
                return None
            found |= {node["id"] for node in told.data if node is not None}
        return frozenset(found)

    async def feed(self, actor: Actor) -> list[str] | None:
        """Return the ids of all that somebody is told, oldest first; None for whoever may not."""
        found: list[str] = []
        given: dict[str, Any] = {}
        while True:
            told = await self._ask(actor, "feed", given)
            if told.codes:
                assert refused(told.codes) is Verdict.NO
                return None
            edges = told.data["edges"]
            found += [edge["node"]["id"] for edge in edges]
            if len(edges) < PAGE:
                return found
            given = {"after": edges[-1]["cursor"]}

    async def subscriptions(self) -> dict[str, Row]:
        """Return a row for each subscription, whose every event must be in the feed as well."""
        rows = {}
        for name, (question,) in SUBSCRIPTIONS.items():
            rows[name] = await row(self.world, self._followed(name, question))
        return rows

    def _followed(self, name: str, question: Question) -> Judge:
        async def ask(actor: Actor, half: Half) -> Verdict:
            told = await self._follow(actor, name, question.given(half))
            return told if isinstance(told, Verdict) else Verdict.YES

        async def followed(actor: Actor, column: Column) -> Outcome:
            del column
            told = await self._follow(actor, name, {})
            if isinstance(told, Verdict):
                return Outcome(told)
            own = any(self._is_own(actor, each) for each in told)
            return Outcome.OWN if own else Outcome.YES

        return by_halves(self.world, ask) if question.argued else followed

    async def _follow(self, actor: Actor, name: str, given: dict[str, Any]) -> list[str] | Verdict:
        """Read a subscription from the beginning to as far as the feed has something for it."""
        told = await self.feed(actor)
        expected = [each for each in told or () if _passes(name, given, self.events[each])]
        given = {"after": BEGINNING, **given}
        document = document_of("subscription", name, SUBSCRIPTION_FIELDS[name], given)
        stream = self.coffer.follow(actor, document, **given)
        found: list[str] = []
        try:
            async with asyncio.timeout(10):
                while len(found) < max(len(expected), 1):
                    answer = await anext(stream)
                    found.append(answer["data"]["told"]["id"])
        except Refused as no:
            return refused({str(error["extensions"]["code"]) for error in no.errors})
        finally:
            await stream.aclose()
        assert found == expected, (name, actor)
        return found

    async def told(self) -> dict[str, Row]:
        """Return a row for each kind of event: who is told it, of themselves or of all."""
        heard: dict[Actor, list[str] | None] = {}

        async def judge_of(kind: EventKind, actor: Actor) -> Outcome:
            if actor not in heard:
                heard[actor] = await self.feed(actor)
            told = heard[actor]
            if told is None:
                return Outcome.NO
            audiences = {
                self.events[each].audience for each in told if self.events[each].kind == kind
            }
            topics = {audience for audience in audiences if audience.startswith("topic:")}
            own = {audience for audience in audiences if audience.endswith(f":{actor.id}")}
            assert audiences == topics | own, (kind, actor, audiences)
            if topics:
                return Outcome.YES
            return Outcome.OWN if own else Outcome.HIDDEN

        rows = {}
        for kind in EventKind:

            async def judge(actor: Actor, column: Column) -> Outcome:
                del column
                return await judge_of(kind, actor)  # noqa: B023

            rows[kind.value] = await row(self.world, judge)
        return rows

    async def fields(self) -> dict[tuple[str, str], Row]:
        """Return a row for each field of each type that can be reached by reading."""
        pairs = set(self.world.pairs.values())
        names: set[str] = set()
        for column, actor in self.world.own.actors.items():
            names |= (await self.seen_by(actor, column)).reached
        rows = {}
        for name, field_name in _fields_of(names):

            async def judge(actor: Actor, column: Column) -> Outcome:
                if actor in pairs:  # who are asked about little
                    some = await self.seen_of(actor, NodeKind(name))  # noqa: B023
                    return some.outcome(name, field_name)  # noqa: B023
                seen = await self.seen_by(actor, column)
                return seen.outcome(name, field_name)  # noqa: B023

            rows[name, field_name] = await row(self.world, judge, by_scope=False)
        return rows

    async def seen_by(self, actor: Actor, column: Column) -> Seen:
        """Return what somebody sees of everything there is to read, looked at once."""
        if actor not in self.remembered:
            self.remembered[actor] = await self._everything_seen(actor, column)
        return self.remembered[actor]

    async def _everything_seen(self, actor: Actor, column: Column) -> Seen:
        seen = Seen()
        for kind in NodeKind:
            await self._look_at_nodes(actor, kind, seen)
        for name, of in QUERY_FIELDS.items():
            if not _holds_more_than_nodes(get_named_type(of.type).name):
                continue
            for question in QUERIES[name]:
                halves = self.world.halves(actor, column)
                for half in halves if question.argued else halves[:1]:
                    given = question.given(half)
                    document = document_of("query", name, of, given, whole=True)
                    told = await self.run(self.coffer, actor, document, given)
                    is_own = question.argued and half is halves[0]
                    await self._look(actor, told, seen, is_own=is_own)
        return seen

    async def seen_of(self, actor: Actor, kind: NodeKind) -> Seen:
        """Return what somebody sees of the nodes of a kind."""
        seen = Seen()
        await self._look_at_nodes(actor, kind, seen)
        return seen

    async def _look_at_nodes(self, actor: Actor, kind: NodeKind, seen: Seen) -> None:
        ids = self.ids[kind]
        if kind is NodeKind.AUDIT_ENTRY:
            ids = ids[-SHOWN_OF_THE_LOG:]
        document = (
            "query ($ids: [ID!]!) { told: nodes(ids: $ids) {"
            f" __typename ... on {kind} {{ {everything(kind, 1)} }} }} }}"
        )
        await self._look(actor, await self.run(self.coffer, actor, document, {"ids": ids}), seen)

    async def _look(self, actor: Actor, told: Told, seen: Seen, *, is_own: bool = False) -> None:
        """Note what an answer shows; whatever it leads to can be fetched by its id as well."""
        if told.codes:
            refused(told.codes)
            return
        led_to = {each["id"] for each, _ in objects(told.data) if each.get("id") in self.owners}
        hidden = led_to - (await self._visible(actor) or frozenset())
        assert not hidden, (actor, [decode(each) for each in hidden])
        is_own = is_own or self._whose(actor, told.data) is Outcome.OWN

        def whose(trail: str) -> bool:
            return self._is_own(actor, trail) if trail else is_own

        look(told.data, whose, seen)

    async def _ask(self, actor: Actor, name: str, given: dict[str, Any]) -> Told:
        """Ask a root field as the transport does: by the engine, and by a plan when repeated."""
        document = document_of("query", name, QUERY_FIELDS[name], given)
        answer = await self.coffer.answer(actor, document, **given)
        codes = {str(error["extensions"]["code"]) for error in answer.get("errors", ())}
        data = answer["data"]
        return Told(None if data is None else data["told"], frozenset(codes))

    @staticmethod
    async def run(coffer: Coffer, actor: Actor, document: str, given: dict[str, Any]) -> Told:
        """Run an operation without the transport's limits, which asking for everything exceeds."""
        context = Context(coffer.house, coffer.feed, actor, "en")
        running = execute(
            schema._schema, valid(document), context_value=context, variable_values=given
        )
        result = await running if isawaitable(running) else running
        codes = {str((error.extensions or {}).get("code")) for error in result.errors or ()}
        data = None if result.data is None else result.data["told"]
        return Told(data, frozenset(codes))


@cache
def valid(document: str) -> DocumentNode:
    """Return a document that is valid, parsed."""
    parsed = parse(document)
    assert not validate(schema._schema, parsed), document
    return parsed


def _fields_of(names: set[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(names):
        named = TYPES[name]
        assert isinstance(named, GraphQLObjectType)
        if not is_wrapping(named) and name not in VALUES:
            for of in named.fields:
                yield name, of


def document_of(
    operation: str, name: str, of: GraphQLField, given: Mapping[str, Any], *, whole: bool = False
) -> str:
    named = get_named_type(of.type)
    declared = ", ".join(f"${argument}: {of.args[argument].type}" for argument in given)
    passed = [f"{argument}: ${argument}" for argument in given]
    if "first" in of.args:
        passed.append(f"first: {PAGE}")
    head = f"{operation} ({declared})" if declared else operation
    arguments = f"({', '.join(passed)})" if passed else ""
    selection = everything(named.name, 1) if whole else shallow(named.name)
    return f"{head} {{ told: {name}{arguments} {{ {selection} }} }}"


def refused(codes: Iterable[str]) -> Verdict:
    codes = set(codes)
    if codes <= NOT_ALLOWED:
        return Verdict.NO
    assert codes == {"NOT_FOUND"}, codes
    return Verdict.HIDDEN


def _kind(global_id: str) -> NodeKind:
    decoded = decode(global_id)
    assert decoded is not None
    return decoded[0]


def _holds_more_than_nodes(name: str) -> bool:
    """Tell whether a root field's type holds something that is not asked for by an id."""
    return name in {"FeedConnection", "LedgerLineConnection"} or not (
        name.endswith("Connection") or is_abstract_type(TYPES[name]) or is_node(TYPES[name])
    )


def _pages(ids: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(ids), PAGE):
        yield ids[begin : begin + PAGE]


def _passes(name: str, given: Mapping[str, Any], event: FeedEvent) -> bool:
    """Tell whether a subscription, by its description, tells an event that its caller hears."""
    kinds = {
        "prizeNotifications": {EventKind.PRIZE_PAID},
        "thresholdAlerts": {EventKind.THRESHOLD_ALERT},
    }.get(name)
    if kinds is not None:
        return event.kind in kinds
    return "accountId" not in given or event.account_id == row_id_of(given["accountId"])
