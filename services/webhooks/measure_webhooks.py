"""What an operator watches of the webhooks: who waits, who fails, what was set aside."""

from models import DeadLetter, Webhook
from models.kinds import WebhookState
from services.figures import Figure, FigureKind, Reading, age_s
from services.house import House
from services.webhooks.due import waiting_since

BY_STATE = Figure(
    "coffer_webhooks",
    FigureKind.GAUGE,
    "Webhooks by their state.",
    "`DISABLED` rising: addresses were given up, and their partners hear nothing there",
    ("state",),
)
FAILING = Figure(
    "coffer_webhooks_failing",
    FigureKind.GAUGE,
    "Active webhooks whose last event has not arrived.",
    "most of the active ones: it is this side that does not reach the world",
)
OLDEST_FAILING = Figure(
    "coffer_webhooks_oldest_failing_seconds",
    FigureKind.GAUGE,
    "For how long the one has been failing that fails for longest.",
    "above a day: it is given up after three",
)
OLDEST_WAITING = Figure(
    "coffer_webhooks_oldest_waiting_seconds",
    FigureKind.GAUGE,
    "How old the oldest event is that an active webhook has still to be told.",
    "above a minute while none is failing: no worker runs, or too few do",
)
DEAD_LETTERS = Figure(
    "coffer_webhook_dead_letters",
    FigureKind.GAUGE,
    "Events that were set aside and are still kept.",
    "rising: a partner's program refuses some of what it is told",
)

WEBHOOKS = (BY_STATE, FAILING, OLDEST_FAILING, OLDEST_WAITING, DEAD_LETTERS)

LOOKED_AT = 100
"""How many webhooks are looked at for what waits: those that are furthest behind."""


async def measure_webhooks(house: House) -> list[Reading]:
    """Return how many webhooks there are of each state, and what became of what they were sent."""
    now = house.clock()
    kept = [state for state in WebhookState if state is not WebhookState.DELETED]
    active = Webhook.filter(state=WebhookState.ACTIVE)
    failing = active.filter(failing_since__isnull=False)
    longest = await failing.order_by("failing_since").first()
    behind = await active.order_by("position").limit(LOOKED_AT)
    waiting = [await waiting_since(webhook) for webhook in behind]
    return [
        *[BY_STATE.at(await Webhook.filter(state=state).count(), state) for state in kept],
        FAILING.at(await failing.count()),
        OLDEST_FAILING.at(age_s(longest.failing_since if longest else None, now)),
        OLDEST_WAITING.at(age_s(min(filter(None, waiting), default=None), now)),
        DEAD_LETTERS.at(await DeadLetter.all().count()),
    ]
