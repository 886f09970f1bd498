"""What can be read, a file per area."""

from resolvers.queries import (
    accounts,
    ledger,
    lottery,
    nodes,
    notifications,
    parameters,
    partners,
    people,
    staff,
)

QUERIES = [
    *people.QUERIES,
    *nodes.QUERIES,
    *accounts.QUERIES,
    *lottery.QUERIES,
    *partners.QUERIES,
    *notifications.QUERIES,
    *ledger.QUERIES,
    *parameters.QUERIES,
    *staff.QUERIES,
]
