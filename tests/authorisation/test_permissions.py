"""Who may do and see what is what ``docs/permissions.md`` says, and nothing is left out of it."""

from graphql import GraphQLObjectType

from resolvers.schema import schema
from tests.authorisation.examples import EXAMPLES
from tests.authorisation.questions import QUERIES, SUBSCRIPTIONS
from tests.authorisation.seen import VALUES
from tests.authorisation.selecting import TYPES, is_wrapping
from tests.authorisation.verdicts import Outcome
from tests.authorisation.walk import NEVER_REACHED, NEVER_THERE, page, walk
from tests.permissions import PAGE

GRAPHQL = schema._schema
ROOTS = {"Query", "Mutation", "Subscription"}


def test_every_root_field_is_walked() -> None:
    for walked, root in (
        (EXAMPLES, GRAPHQL.mutation_type),
        (QUERIES, GRAPHQL.query_type),
        (SUBSCRIPTIONS, GRAPHQL.subscription_type),
    ):
        assert root is not None
        assert set(walked) == set(root.fields), "say in tests/authorisation how it is asked"


async def test_the_page_says_what_everybody_is_told(sqlite_url: str) -> None:
    walked = await walk(sqlite_url)
    reached = {name for name, _ in walked.fields}
    assert readable_types() - reached == set(NEVER_REACHED), "let there be some in the world"
    nobody_sees = {
        named for named, row in walked.fields.items() if set(row.values()) == {Outcome.HIDDEN}
    }
    assert nobody_sees == set(NEVER_THERE), "let there be some in the world"
    made = page(walked)
    assert PAGE.read_text(encoding="utf-8") == made, "read what changed, and: make permissions"


def readable_types() -> set[str]:
    """Return the object types that are no root, no answer to a mutation, and no mere wrapping."""
    answers = {"Success", "Refusal"}
    return {
        name
        for name, named in TYPES.items()
        if isinstance(named, GraphQLObjectType)
        and not name.startswith("__")
        and not is_wrapping(named)
        and name not in VALUES | ROOTS
        and not answers & {each.name for each in named.interfaces}
        and name != "WinningTicketUpload"  # part of an answer
    }
