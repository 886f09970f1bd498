"""What can be followed live."""

from resolvers.subscriptions import notifications

SUBSCRIPTIONS = [*notifications.SUBSCRIPTIONS]
