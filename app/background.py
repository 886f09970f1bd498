"""The work of a process that happens without a request: the schedule, and the webhooks."""

import asyncio

from app.building import Building
from resolvers.presenting import Presenter
from workers.schedule import run_schedule
from workers.webhooks import WebhookWorker


async def work(building: Building, stop: asyncio.Event) -> None:
    """Do the background work until ``stop`` is set, and bring to its end what is under way."""
    webhooks = WebhookWorker(
        building.house, Presenter(building.feed), figures=building.webhook_figures
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(run_schedule(building.house, stop, figures=building.jobs))
        group.create_task(webhooks.run(stop))
