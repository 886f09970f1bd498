"""Webhooks through the schema: made, listed, tried, sent again; secrets are shown once."""

import asyncio
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook as Verifier

from graphql_schema.relay import NodeKind
from models import Answer, Webhook
from resolvers.presenting import Presenter
from services.courier import Receipt
from services.webhooks.deliver import Turn, WebhookFigures
from services.webhooks.pace import Pace
from tests.factories import (
    a_centre,
    a_customer,
    a_key,
    a_platform,
    a_scene,
    a_supervisor,
    an_operator,
    id_of,
)
from tests.resolvers.asking import Coffer, gid
from tests.webhooks.helpers import URL, a_dead_letter, a_webhook

WEBHOOK = """id url kinds state partnerId cursor waitingSince failingSince nextAttemptAt
  lastAttemptAt lastSuccessAt lastError oldSecretUntil createdAt"""
WEBHOOKS = f"""query ($partner: ID) {{ webhooks(partnerId: $partner) {{
  edges {{ node {{ {WEBHOOK}
    deadLetters {{ edges {{ node {{
      id eventId cursor eventKind eventAt state attempts error }} }} }} }} }} }} }}"""


async def take_turn(coffer: Coffer) -> None:
    row = await Webhook.get()
    present = Presenter(coffer.feed)
    turn = Turn(coffer.house, present, Pace(), WebhookFigures(), row.id, asyncio.Event())
    await turn.take()


async def test_a_purchase_arrives_signed_as_the_schema_tells_it(coffer: Coffer) -> None:
    coffer.house.clock.now = datetime.now(UTC)
    scene = await a_scene(coffer.house)
    made = await coffer.do(
        scene.platform,
        "createWebhook",
        f"secret webhook {{ {WEBHOOK} }}",
        url=URL,
        kinds=["PURCHASE", "REFUND"],
    )
    assert made["webhook"]["kinds"] == ["PURCHASE", "REFUND"]
    assert made["webhook"]["state"] == "ACTIVE"
    assert made["webhook"]["waitingSince"] is None
    await scene.buys(coffer.house)
    await take_turn(coffer)
    (posted,) = coffer.house.courier.posted
    content = Verifier(made["secret"]).verify(posted.body, posted.headers)
    shown = await coffer.ask(
        scene.platform,
        "{ feed(kinds: [PURCHASE]) { edges { node { id cursor at kind } } } }",
    )
    node = shown["feed"]["edges"][0]["node"]
    assert content["type"] == node["kind"]
    assert content["timestamp"] == node["at"]
    assert content["data"]["cursor"] == node["cursor"]
    assert posted.headers["webhook-id"] == content["data"]["id"] == node["id"]


async def test_it_shows_how_it_fares(coffer: Coffer) -> None:
    scene = await a_scene(coffer.house)
    await a_webhook(coffer.house, scene.platform)
    await scene.buys(coffer.house)
    began = coffer.house.clock().isoformat().replace("+00:00", "Z")
    coffer.house.courier.answers = [Receipt(500)]
    await take_turn(coffer)
    row = await Webhook.get()
    letter = await a_dead_letter(coffer.house, row.id)
    (edge,) = (await coffer.ask(scene.platform, WEBHOOKS))["webhooks"]["edges"]
    node = edge["node"]
    assert node["lastError"] == "HTTP 500"
    assert node["failingSince"] == node["waitingSince"] == node["lastAttemptAt"] == began
    assert node["nextAttemptAt"] > began
    assert node["lastSuccessAt"] is None
    (dead,) = node["deadLetters"]["edges"]
    assert dead["node"]["id"] == gid(NodeKind.DEAD_LETTER, letter.id)
    assert (dead["node"]["eventKind"], dead["node"]["error"]) == ("PURCHASE", "HTTP 500")


async def test_every_change_through_the_schema(coffer: Coffer) -> None:
    platform = await a_platform(coffer.house)
    made = await coffer.do(platform, "createWebhook", "webhook { id cursor }", url=URL)
    webhook_id = made["webhook"]["id"]
    for mutation, given, wanted, expected in (
        ("updateWebhook", {"kinds": ["DEPOSIT"]}, "webhook { kinds }", {"kinds": ["DEPOSIT"]}),
        ("updateWebhook", {"allKinds": True}, "webhook { kinds }", {"kinds": None}),
        ("pauseWebhook", {"reason": "holidays"}, "webhook { state }", {"state": "PAUSED"}),
        ("resumeWebhook", {}, "webhook { state }", {"state": "ACTIVE"}),
        (
            "rotateWebhookSecret",
            {"oldUntil": "2026-03-03T00:00:00Z"},
            "webhook { oldSecretUntil }",
            {"oldSecretUntil": "2026-03-03T00:00:00Z"},
        ),
        ("sendTestEvent", {}, "messageId webhook { state }", {"state": "ACTIVE"}),
        ("deleteWebhook", {}, "webhook { state }", {"state": "DELETED"}),
    ):
        answer = await coffer.do(platform, mutation, wanted, webhookId=webhook_id, **given)
        assert answer["__typename"].endswith("Success"), answer
        assert answer["webhook"] == expected
    assert (await coffer.ask(platform, WEBHOOKS))["webhooks"]["edges"] == []


async def test_secrets_are_in_the_first_answer_alone(coffer: Coffer) -> None:
    platform = await a_platform(coffer.house)
    given = {"idempotencyKey": a_key(), "url": URL}
    first, again = [
        await coffer.do(platform, "createWebhook", "secret webhook { id }", **given)
        for _ in range(2)
    ]
    assert first["secret"].startswith("whsec_")
    assert (again["replayed"], again["secret"], again["webhook"]) == (True, None, first["webhook"])
    assert first["secret"] not in str(await Answer.all().values())


async def test_webhooks_are_for_their_partner_and_for_who_manages_partners(coffer: Coffer) -> None:
    platform, centre = await a_platform(coffer.house), await a_centre(coffer.house)
    await a_webhook(coffer.house, platform)
    partner = gid(NodeKind.PARTNER, id_of(platform))
    assert len((await coffer.ask(platform, WEBHOOKS))["webhooks"]["edges"]) == 1
    assert (await coffer.ask(centre, WEBHOOKS, partner=partner))["webhooks"]["edges"] == []
    operator = await an_operator(coffer.house)
    assert len((await coffer.ask(operator, WEBHOOKS, partner=partner))["webhooks"]["edges"]) == 1
    for actor in (await a_customer(coffer.house), await a_supervisor(coffer.house)):
        assert (await coffer.fail(actor, WEBHOOKS))["code"] == "FORBIDDEN"


async def test_a_replay_asks_for_something(coffer: Coffer) -> None:
    platform = await a_platform(coffer.house)
    webhook_id = await a_webhook(coffer.house, platform)
    error = await coffer.fail_to(
        platform, "replayWebhook", webhookId=gid(NodeKind.WEBHOOK, webhook_id)
    )
    assert (error["code"], error["rule"]) == ("BAD_USER_INPUT", "NOTHING_ASKED_FOR")
    error = await coffer.fail_to(
        platform,
        "replayWebhook",
        webhookId=gid(NodeKind.WEBHOOK, webhook_id),
        after="ZmVlZDo=",
    )
    assert error["rule"] == "BAD_CURSOR"
    letter = await a_dead_letter(coffer.house, webhook_id)
    answer = await coffer.do(
        platform,
        "replayWebhook",
        "webhook { deadLetters { edges { node { state } } } }",
        webhookId=gid(NodeKind.WEBHOOK, webhook_id),
        deadLetterIds=[gid(NodeKind.DEAD_LETTER, letter.id)],
    )
    (edge,) = answer["webhook"]["deadLetters"]["edges"]
    assert edge["node"]["state"] == "WAITING"
