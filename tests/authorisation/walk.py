"""The whole walk, and the page that tells of it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from types import ModuleType
from unittest.mock import patch

from argon2 import PasswordHasher

from models.engines.sqlite import PRAGMAS
from resolvers import mutations as areas
from services import passwords
from services.accounts.exclude_myself import ExcludeMyself, exclude_myself
from tests.authorisation.examples import EXAMPLES
from tests.authorisation.keeping import Keeper
from tests.authorisation.owners import owners
from tests.authorisation.verdicts import Row
from tests.authorisation.walk_mutations import Mutations, Shown
from tests.authorisation.walk_reads import Reads
from tests.authorisation.world import Column, a_world
from tests.factories import a_key
from tests.resolvers.asking import Coffer, coffer_on


@dataclass(frozen=True, slots=True)
class Walked:
    """What everybody was told."""

    mutations: dict[str, Row]
    queries: dict[str, Row]
    subscriptions: dict[str, Row]
    nodes: dict[str, Row]
    fields: dict[tuple[str, str], Row]
    events: dict[str, Row]
    shown: Shown


async def walk(url: str) -> Walked:
    """Walk the schema before a house on a fresh, migrated SQLite file."""
    async with _hurried(url) as coffer:
        world = await a_world(coffer.house)
        keeper = Keeper(url)
        before = keeper.keep()
        for half in (world.own, world.others):
            until = coffer.house.clock() + timedelta(days=2)
            request = ExcludeMyself(a_key(), until)
            await exclude_myself(coffer.house, half.actors[Column.CUSTOMER], request)
        reads = await Reads.of(coffer, world, await owners())
        queries, subscriptions = await reads.queries(), await reads.subscriptions()
        nodes, fields, events = await reads.nodes(), await reads.fields(), await reads.told()
        keeper.put_back(before)
        mutations = Mutations(coffer, world, keeper)
        rows = await mutations.rows()
        shown = await mutations.shown(reads, rows)
    return Walked(rows, queries, subscriptions, nodes, fields, events, shown)


@asynccontextmanager
async def _hurried(url: str) -> AsyncIterator[Coffer]:
    """Open a house that hashes cheaply, and whose file would not outlive a power cut."""
    with hashed_cheaply(), patch.dict(PRAGMAS, {"synchronous": "OFF"}):
        async with coffer_on(url) as coffer:
            yield coffer


@contextmanager
def hashed_cheaply() -> Iterator[None]:
    """Hash passwords as always, with less work."""
    cheap = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
    with (
        patch.object(passwords, "_HASHER", cheap),
        patch.object(passwords, "_NOBODYS_HASH", cheap.hash("the password of nobody")),
    ):
        yield


LEGEND = """\
# Who may do and see what

Made by `make permissions` from what the schema really answers: a test asks every mutation, query
and subscription, reads every field of every type, and hears every kind of event, as every kind of
caller, and compares with this page. Whoever changes an answer changes this page; review it so.

Each caller asks for what is their own, and for what is somebody else's.

| cell | what the caller is told |
|---|---|
| yes | It is done or shown, whoever's it is |
| own | The same, for what is one's own: the rest is as if it did not exist |
| masked | It is shown with asterisks |
| – | It is as if it did not exist, whoever's it is |
| no | The request is refused: `UNAUTHENTICATED` for nobody, `FORBIDDEN` for the others |

A partner's row names the scopes that its API key needs, all of them; an operator's the permissions
of which one is enough. Without them the answer is no, or what stands in brackets. What is a
partner's own is also what it took part in: the purchases it sold, the draws it held. A draw, a
partner's name, and for people of the house a role, are nobody's secret.
"""

NEVER_THERE = {
    ("LedgerCheck", "differences"): "the books of this world are sound",
}
"""Fields in which nobody sees anything in this world, and why."""

NEVER_REACHED = {
    "LedgerDifference": "the books of this world are sound",
    "FeedGap": "no event of this world is so old that it was removed",
}
"""Types that nobody meets in this world, and why."""


def page(walked: Walked) -> str:
    """Return the page in Markdown."""
    return "\n".join(
        [
            LEGEND,
            *_mutations(walked),
            "## What can be asked\n",
            *_table("query", walked.queries),
            "## What can be followed live\n",
            "The same is told by `feed` and by webhooks.\n",
            *_table("subscription", walked.subscriptions),
            "## What there is, for whom\n",
            "By `node` and `nodes`, and wherever else an id leads.\n",
            *_table("node", walked.nodes),
            "## What is told\n",
            *_table("event", walked.events),
            "## What is shown of it\n",
            "To whoever reads with every scope; a partner's scopes are those of the node.\n",
            *_fields(walked),
            "## What answers show besides\n",
            "Whoever may act upon a thing is shown that very thing by the answer, though no query",
            "of theirs shows it. What hangs on it stays hidden.\n",
            *_shown(walked.shown),
        ]
    )


def _mutations(walked: Walked) -> Iterator[str]:
    yield "## What can be done\n"
    for area in _areas():
        title = str(area.__doc__).strip().rstrip(".")
        yield f"### {title}\n"
        names = [_camel(field.python_name) for field in area.MUTATIONS]
        rows = {_noted(name): walked.mutations[name] for name in names}
        yield from _table("mutation", rows)


def _areas() -> list[ModuleType]:
    """Return the modules of mutations, in the order in which the schema has them."""
    modules = [each for each in vars(areas).values() if isinstance(each, ModuleType)]
    return sorted(modules, key=lambda each: areas.MUTATIONS.index(each.MUTATIONS[0]))


def _fields(walked: Walked) -> Iterator[str]:
    def by_type(named: tuple[str, str]) -> str:
        return named[0]

    table: dict[str, Row] = {}
    for name, group in groupby(walked.fields, by_type):
        alike: dict[tuple[str, ...], list[str]] = {}
        for each in group:
            if each not in NEVER_THERE:
                alike.setdefault(tuple(walked.fields[each].values()), []).append(each[1])
        for cells, fields in alike.items():
            table[f"{name}: {' '.join(fields)}"] = dict(zip(Column, cells, strict=True))
    yield from _table("type: fields", table)


def _table(of: str, rows: dict[str, Row]) -> Iterator[str]:
    yield f"| {of} | {' | '.join(Column)} |"
    yield "|---" * (len(Column) + 1) + "|"
    for name, row in rows.items():
        yield f"| {name} | {' | '.join(row[column] for column in Column)} |"
    yield ""


def _shown(shown: Shown) -> Iterator[str]:
    yield "| mutation | to whom | what |"
    yield "|---|---|---|"
    for (name, caller), fields in shown.items():
        yield f"| {name} | {caller} | {' '.join(fields)} |"
    yield ""


def _noted(name: str) -> str:
    note = EXAMPLES[name].note
    return f"{name} ({note})" if note else name


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(map(str.capitalize, rest))
