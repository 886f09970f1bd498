"""Crashes under load: what was acknowledged is there, once, and every subscriber hears it all.

Server processes, PostgreSQL, Redis, the worker and the bank are killed (SIGKILL) while clients
work, and server processes stand still for a while (SIGSTOP). ``tests.torture``'s audit then
compares the database, what GraphQL shows, and the bank's own books with what the clients were told.
The seed is printed; ``COFFER_TORTURE_SEED`` sets it, and ``make torture`` strikes more often.
"""

import asyncio
import time
from collections.abc import Mapping
from random import Random

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from app.database import migrate
from tests.servers import Server, running_postgres, running_redis
from tests.stories.coffer import Coffer
from tests.torture import documents
from tests.torture.audit import Audit, contents
from tests.torture.blows import Blows, say, shuffled
from tests.torture.clients import Caller, Cast, Load
from tests.torture.conftest import Scale
from tests.torture.database import rows
from tests.torture.draws import centres
from tests.torture.ending import end_everything
from tests.torture.hooks import Hook, Post, wait_for, wrongs
from tests.torture.house import SETTINGS, closing
from tests.torture.stage import last_cursor, listen_by_webhook, set_stage
from tests.torture.subscribers import Subscriber, listening
from tests.webhooks.receiver import receiving

CLIENTS = 24
CENTRES = 2
LOST = frozenset({"lost"})
"""How a request ends that had been sent when the server died."""


@pytest.mark.postgres
@pytest.mark.timeout(1800)
async def test_processes_servers_and_the_bank_die_under_load(seed: int, scale: Scale) -> None:
    with running_postgres() as postgres, running_redis() as redis:
        url = await postgres.create_database("coffer")
        settings = {
            "COFFER_DATABASE_URL": url,
            "COFFER_REDIS_URL": redis.url,
        }
        with closing(Coffer(SETTINGS | settings, workers=2)) as coffer:
            servers = {"postgres": postgres, "redis": redis}
            await torment(coffer, url, seed, servers, scale.many, scale)


@pytest.mark.timeout(1800)
async def test_the_only_process_dies_under_load(seed: int, sqlite_url: str, scale: Scale) -> None:
    settings = {"COFFER_DATABASE_URL": sqlite_url}
    with closing(Coffer(SETTINGS | settings)) as coffer:
        await torment(coffer, sqlite_url, seed, {}, scale.alone, scale)


async def torment(
    coffer: Coffer,
    url: str,
    seed: int,
    servers: Mapping[str, Server],
    counts: Mapping[str, int],
    scale: Scale,
) -> None:
    """Work, strike, and reckon."""
    random = Random(seed)
    begun = time.monotonic()
    await migrate(url)  # the worker does not wait until the server has done it
    await asyncio.to_thread(coffer.start)
    assert coffer.bank is not None
    cast = await set_stage(coffer, scale.players)
    post = Post()
    with receiving(post.hear) as receiver:
        hooks = []
        for name, caller, partner_id in (
            ("platform", cast.platform, cast.platform_id),
            ("centre", cast.centre, cast.centre_id),
        ):
            secret = await listen_by_webhook(coffer, caller, receiver.url(f"/{name}"))
            post.verifiers[f"/{name}"] = Verifier(secret)
            (last,) = await rows(url, "SELECT max(id) AS id FROM feed_event")
            audiences = frozenset({f"partner:{partner_id}", "topic:draws"})
            hooks.append(Hook(name, f"/{name}", audiences, last["id"]))
        coffer.bank.control("PUT", "plan", **misbehaviour(seed, scale))
        start = await contents(url)
        load = Load(coffer.port, cast, seed, CLIENTS)
        centres(load, seed, CENTRES, first=CLIENTS)
        blows = Blows(coffer, servers, random, scale.gap)
        say(f"  set up in {time.monotonic() - begun:.1f} s")
        subscribers = await make_subscribers(coffer, cast, random)
        async with listening(subscribers):
            async with asyncio.TaskGroup() as group:
                group.create_task(load.run())
                await blows.strike(shuffled(random, counts), load.progress)
                load.stop()
            await asyncio.to_thread(coffer.wait_ready)
            say(f"  {load.progress.count} answers in {time.monotonic() - begun:.1f} s")
            tell_of(load)
            findings = await end_everything(coffer, url, patient=scale.patient)
            say(f"  nothing is under way any more after {time.monotonic() - begun:.1f} s")
            feed = (await contents(url))["feed_event"]
            await asyncio.gather(
                *(subscriber.catch_up(subscriber.last_of(feed)) for subscriber in subscribers)
            )
        for subscriber in subscribers:
            say(f"  {subscriber.name}: {len(subscriber.heard)} events, {dict(subscriber.ends)}")
        findings += await Audit(url, load, start, coffer.bank.books()).run(subscribers)
        say(f"  reckoned after {time.monotonic() - begun:.1f} s")
        findings += await asyncio.to_thread(wait_for, receiver, hooks, feed)
        findings += [wrong for hook in hooks for wrong in wrongs(post, hook, feed)]
    cut_short = [asked for asked in load.asked if LOST & set(asked.unanswered)]
    kept_all_the_same = [a for a in cut_short if a.answers[0].get("replayed")]
    say(f"  {len(cut_short)} commands cut short, of which {len(kept_all_the_same)} had been kept")
    checked = await asyncio.to_thread(coffer.run, "check-ledger")
    say(checked)
    say(f"  all in {time.monotonic() - begun:.1f} s")
    assert not findings, "\n".join(findings)
    assert "the books agree" in checked
    assert blows.struck == counts
    # Otherwise nothing was proved: no command was under way when a process died.
    assert cut_short
    assert kept_all_the_same


def tell_of(load: Load) -> None:
    """Say what became of a load."""
    say(f"  unanswered {dict(load.unanswered)}; successes {dict(load.tally.successes)}")
    say(f"  refusals {dict(load.tally.refusals)}")


def misbehaviour(seed: int, scale: Scale) -> dict[str, object]:
    """Return how the bank behaves under torture: rarely as one would wish."""
    return {
        "seed": seed,
        "faults": 10**9,
        "later": 0.3,
        "settles_after_s": [0, 1],
        "refuses": 0.06,
        "unavailable": 0.04,
        "loses_answer": 0.04,
        "answers_after_s": [0, 0.03],
        "tells_after_s": [0, 0.5],
        "repeats": 0.1,
        "forgets": scale.forgets,
        "forges": 0.05,
        "returns": 0.15,
        "takes_back": 0.04,
        "returns_after_s": [0.2, 4],
    }


async def make_subscribers(coffer: Coffer, cast: Cast, random: Random) -> list[Subscriber]:
    """Return those who listen from before the load, half of whom hang up now and then."""

    async def one(
        name: str, caller: Caller, audience: str, account_id: str | None = None, node_id: str = ""
    ) -> Subscriber:
        activity = account_id is not None
        return Subscriber(
            name=name,
            url=coffer.socket_url,
            caller=caller,
            document=documents.ACTIVITY if activity else documents.NOTIFICATIONS,
            variables={"accountId": node_id} if activity else {},
            after=await last_cursor(coffer, caller),
            audiences=frozenset({audience} if activity else {audience, "topic:draws"}),
            account_id=account_id,
            restless=random.choice((0, 40)),
            random=Random(random.random()),
        )

    subscribers = [
        await one("platform", cast.platform, f"partner:{cast.platform_id}"),
        await one("platform again", cast.platform, f"partner:{cast.platform_id}"),
        await one("centre", cast.centre, f"partner:{cast.centre_id}"),
        await one("operator", cast.operator, "topic:alerts"),
    ]
    for number, player in enumerate(cast.players):
        audience = f"customer:{player.customer_id}"
        if number % 2:
            subscribers.append(await one(f"player {number}", player.caller, audience))
        else:
            subscribers.append(
                await one(
                    f"account {number}", player.caller, audience, player.account_id, player.node_id
                )
            )
    subscribers[0].restless, subscribers[1].restless = 0, 40
    return subscribers
