"""What can be read, a file per area."""

from resolvers.queries import (
    accounts,
    api_keys,
    banking,
    ledger,
    lottery,
    nodes,
    notifications,
    parameters,
    partners,
    people,
    staff,
    webhooks,
)

QUERIES = [
    *people.QUERIES,
    *nodes.QUERIES,
    *accounts.QUERIES,
    *banking.QUERIES,
    *lottery.QUERIES,
    *partners.QUERIES,
    *api_keys.QUERIES,
    *webhooks.QUERIES,
    *notifications.QUERIES,
    *ledger.QUERIES,
    *parameters.QUERIES,
    *staff.QUERIES,
]
