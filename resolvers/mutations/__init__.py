"""What can be done, a file per area."""

from resolvers.mutations import (
    accounts,
    api_keys,
    banking,
    limits,
    lottery,
    parameters,
    partners,
    people,
    pins,
    purchases,
    staff,
    webhooks,
)

MUTATIONS = [
    *people.MUTATIONS,
    *pins.MUTATIONS,
    *accounts.MUTATIONS,
    *limits.MUTATIONS,
    *banking.MUTATIONS,
    *purchases.MUTATIONS,
    *lottery.MUTATIONS,
    *partners.MUTATIONS,
    *api_keys.MUTATIONS,
    *webhooks.MUTATIONS,
    *parameters.MUTATIONS,
    *staff.MUTATIONS,
]
