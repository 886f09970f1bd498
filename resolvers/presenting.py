"""Events for webhooks: what GraphQL would tell the same partner, asked for by one document.

The document is made of the schema: of each kind of event every field that takes no argument, of
the things in it as well, and of the things that those lead to the id. So a new kind of event, or
a new field, is told by webhooks too, and nothing is told that a subscription would not tell.
"""

from collections.abc import Iterator
from inspect import isawaitable
from typing import Any, cast

from graphql import (
    Executor,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    parse,
)
from graphql.execution import execute_subscription_event
from strawberry.execution.is_awaitable import optimized_is_awaitable

from resolvers.context import Context
from resolvers.happenings import shown, shown_gap
from resolvers.schema import schema
from services.actors import Actor
from services.house import House
from services.notifications.feed import Feed
from services.notifications.items import FeedItem, Gap

FIELD = "notifications"
"""The subscription that a webhook stands for."""

DEPTH = 2
"""Down to where things are told whole: the event, and what is in it."""

_GRAPHQL = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
_Types = GraphQLObjectType | GraphQLInterfaceType


class CannotPresent(Exception):
    """An event could not be told: a fault of ours, or the database is away."""


class Presenter:
    """Makes the content of webhook messages.

    Args:
        feed: The process's reader of events.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        built = schema.execution_context_class.build(
            _GRAPHQL,
            parse(document()),
            is_awaitable=cast("Any", optimized_is_awaitable),
        )
        assert isinstance(built, Executor)  # noqa: S101 - the document is our own
        self._executor = built

    async def __call__(self, house: House, actor: Actor, item: FeedItem | Gap) -> dict[str, Any]:
        """Return an event as this caller may see it now.

        Raises:
            CannotPresent: It could not be told.
        """
        told = shown_gap(item) if isinstance(item, Gap) else shown(item)
        executor = self._executor.build_per_event_executor(told)
        executor.context_value = Context(house, self._feed, actor, "en")
        result = execute_subscription_event(executor)
        result = await result if isawaitable(result) else result
        if result.errors or result.data is None:
            raise CannotPresent(str(result.errors))
        content: dict[str, Any] = result.data[FIELD]
        return content


def document() -> str:
    """Return the subscription that asks for all that a webhook tells."""
    union = _GRAPHQL.type_map["FeedMessage"]
    assert isinstance(union, GraphQLUnionType)  # noqa: S101 - it is the schema's own
    parts = [f"... on {member.name} {{ {_fields(member, DEPTH)} }}" for member in union.types]
    return f"subscription {{ {FIELD} {{ __typename {' '.join(parts)} }} }}"


def _fields(of: _Types, depth: int) -> str:
    return " ".join(_selected(of, depth))


def _selected(of: _Types, depth: int) -> Iterator[str]:
    """Yield what is asked for of a type."""
    for name, field in of.fields.items():
        named = get_named_type(field.type)
        if field.args:
            continue  # lists that are paged, and what depends on a moment
        if is_leaf_type(named):
            yield name
        elif isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            is_node = any(each.name == "Node" for each in named.interfaces)
            if not is_node:
                yield f"{name} {{ {_fields(named, depth)} }}"
            elif depth > 1:
                yield f"{name} {{ {_fields(named, depth - 1)} }}"
            else:
                yield f"{name} {{ id }}"
