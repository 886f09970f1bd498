"""What somebody sees: which fields of which types have a value for them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from graphql import GraphQLList, get_named_type, get_nullable_type, is_leaf_type

from tests.authorisation.selecting import Value, fields_of, nearest, objects
from tests.authorisation.verdicts import Outcome

VALUES = {"Money", "PageInfo"}
"""Types that are part of others, and nobody's by themselves."""


@dataclass(slots=True)
class Seen:
    """What one caller sees of things of their own (True) and of others' (False), by type."""

    reached: set[str] = field(default_factory=set)
    fields: dict[tuple[str, str], set[bool]] = field(default_factory=lambda: defaultdict(set))
    clear: set[tuple[str, str]] = field(default_factory=set)
    """Fields that had a value without any asterisk."""

    def outcome(self, name: str, field_name: str) -> Outcome:
        """Tell what is seen of a field."""
        whose = self.fields.get((name, field_name))
        if not whose:
            return Outcome.HIDDEN
        if (name, field_name) not in self.clear:
            return Outcome.MASKED
        return Outcome.YES if False in whose else Outcome.OWN


def look(data: Value, is_own: Callable[[str], bool], seen: Seen) -> None:
    """Note which fields of which types have a value in an answer."""
    for each, trail in objects(data):
        name, whose = each["__typename"], is_own(trail)
        seen.reached.add(name)
        for of, value in each.items():
            if of != "__typename" and (is_there(value) or _lists_values(name, of)):
                inside = set(nearest(value))
                all_own = bool(inside) and all(map(is_own, inside))
                seen.fields[name, of].add(whose or all_own)
                if "*" not in str(value):
                    seen.clear.add((name, of))


def _lists_values(name: str, field_name: str) -> bool:
    """Tell whether a field is a list that may be empty without anything being hidden."""
    of = fields_of(name)[field_name].type
    return isinstance(get_nullable_type(of), GraphQLList) and is_leaf_type(get_named_type(of))


def is_there(value: Value) -> bool:
    if isinstance(value, dict) and "edges" in value:
        return bool(value["edges"])
    if isinstance(value, list):
        return any(map(is_there, value))
    return value is not None
