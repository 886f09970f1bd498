"""Operators, and everybody else, work in the page: in a real browser, on a real server."""

import json
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from playwright.async_api import Browser

from app.demo import SIGN_INS
from tests.cable import cable_to
from tests.page.browser import Window, window
from tests.page.conftest import SignIns
from tests.serving.graphql import BALANCE, SIGN_IN, ask, client
from tests.stories.coffer import Coffer

pytestmark = pytest.mark.asyncio(loop_scope="module")

PURCHASE = """mutation ($input: PurchaseInput!) { purchase(input: $input) {
  __typename ... on PurchaseSuccess { transaction { id } } ... on Refusal { code } } }"""

HOLDS_ITS_SIGN_IN = "async () => (await navigator.locks.query()).held.length === 1"
HAS_ANOTHER_TOKEN = """token =>
  JSON.parse(sessionStorage["coffer:signed-in"]).credentials.token !== token"""


async def buy(coffer: Coffer, sign_ins: SignIns, amount: str) -> None:
    """Have the sales platform buy a ticket, from outside the page."""
    money = {"amount": amount, "currency": "CNY"}
    ticket = {"drawId": sign_ins["draw_id"], "numbers": "03 08 15", "stake": money}
    order = {
        "idempotencyKey": uuid.uuid4().hex,
        "accountId": sign_ins["player_account_id"],
        "reference": uuid.uuid4().hex,
        "amount": money,
        "tickets": [ticket],
    }
    key = {"x-api-key": sign_ins["sales_platform_api_key"]}
    async with client(coffer.port) as http:
        bought = await ask(http, PURCHASE, order, key)
    assert bought["__typename"] == "PurchaseSuccess", bought


async def balance(coffer: Coffer, sign_ins: SignIns) -> str:
    """Return what the player has, as the page shows it."""
    who = {"email": sign_ins["player_email"], "password": sign_ins["player_password"]}
    async with client(coffer.port) as http:
        token = (await ask(http, SIGN_IN, who))["token"]
        viewer = await ask(http, BALANCE, headers={"authorization": f"Bearer {token}"})
    return f"¥{viewer['accounts'][0]['balance']['amount']}"


@pytest.mark.requirement("D5")
async def test_everybody_works_in_the_page(
    browser: Browser, served: Coffer, sign_ins: SignIns
) -> None:
    async with cable_to(served.port) as cable, window(browser, cable.url) as opened:
        await each_signs_in_and_asks(opened, sign_ins, await balance(served, sign_ins))

        await opened.sign_in(sign_ins["player_email"], sign_ins["player_password"])
        await opened.events.get_by_text("not connected").wait_for()
        await opened.run_example("Player", "Notifications")
        await opened.answered("following")
        await opened.events.get_by_text("Notifications: live").wait_for()
        await buy(served, sign_ins, "2.00")
        await opened.told("PURCHASE")
        await opened.told("-¥2.00")

        assert opened.complaints == []
        cable.cut()
        await opened.events.get_by_text("lost, trying again").wait_for()
        await buy(served, sign_ins, "3.00")
        cable.mend()
        await opened.told("Back, and going on behind")
        await opened.told("-¥3.00")
        await buy(served, sign_ins, "4.00")
        await opened.told("-¥4.00")
        await opened.told("PURCHASE", times=3)
        assert await opened.events.locator("li.event").count() == 3
        # While the cable was cut, the browser could only complain that it was.
        assert [text for text in opened.complaints if "ERR_CONNECTION" not in text] == []

        await sees_where_an_event_stands(opened)
        await opened.page.get_by_role("button", name="Stop Notifications").click()
        await opened.events.get_by_text("not connected").wait_for()
        assert opened.elsewhere() == []
        assert any(url.startswith("ws://") for url in opened.requests)


async def each_signs_in_and_asks(opened: Window, sign_ins: SignIns, money: str) -> None:
    await opened.sign_in(sign_ins["player_email"], sign_ins["player_password"])
    await opened.who().get_by_text("Customer").wait_for()
    await opened.run_example("Player", "My accounts")
    await opened.answered(money)
    await opened.sign_out()

    for name, way in (("administrator", "Operator"), ("supervisor", "Supervisor")):
        await opened.sign_in(sign_ins[f"{name}_email"], sign_ins[f"{name}_password"], way)
        await opened.who().get_by_text(way, exact=True).wait_for()
        await opened.run_example(way, "Books")
        await opened.answered('"isSound": true')
        await opened.sign_out()

    await opened.sign_in_with_key(sign_ins["sales_platform_api_key"])
    await opened.who().get_by_text("Sales platform", exact=True).wait_for()
    await opened.run_example("Sales platform", "Open draws")
    await opened.answered("双色球")
    await opened.sign_out()

    await opened.sign_in_with_key(sign_ins["lottery_centre_api_key"])
    await opened.who().get_by_text("Lottery centre", exact=True).wait_for()
    await opened.run_example("Lottery centre", "Prize pool")
    await opened.answered("¥1,000,000.00")
    await opened.sign_out()


async def sees_where_an_event_stands(opened: Window) -> None:
    newest = opened.events.locator("li.event").first
    await newest.locator("summary").click()
    cursor = await newest.locator("code").get_attribute("title")
    assert cursor
    assert cursor in await newest.locator("pre").inner_text()
    assert await newest.locator("time").get_attribute("datetime")


async def test_a_sign_in_ends_with_the_tab_and_lives_through_a_reload(
    browser: Browser, served: Coffer, sign_ins: SignIns
) -> None:
    async with window(browser, served.url) as opened:
        await opened.sign_in(sign_ins["player_email"], sign_ins["player_password"])
        await opened.open()
        await opened.who().get_by_text(sign_ins["player_email"]).wait_for()
        await opened.until(HOLDS_ITS_SIGN_IN)
        kept = await opened.page.evaluate("JSON.stringify({ ...localStorage })")
        assert "token" not in kept
        other = Window(await opened.page.context.new_page(), served.url)
        await other.open()
        await other.page.get_by_role("dialog").wait_for()


async def test_the_access_token_is_renewed_before_it_expires(
    browser: Browser, served: Coffer, sign_ins: SignIns
) -> None:
    async with window(browser, served.url) as opened:
        await opened.page.clock.install()
        await opened.open()
        await opened.sign_in(sign_ins["player_email"], sign_ins["player_password"])
        await opened.run_example("Player", "Notifications")
        await opened.events.get_by_text("Notifications: live").wait_for()
        first = await opened.kept()
        await opened.page.clock.fast_forward("14:30")
        await opened.until(HAS_ANOTHER_TOKEN, first["credentials"]["token"])
        second = await opened.kept()
        assert second["renewal"]["refreshToken"] != first["renewal"]["refreshToken"]
        await opened.run_example("Player", "My accounts")
        await opened.answered(await balance(served, sign_ins))
        await buy(served, sign_ins, "2.00")
        await opened.told("-¥2.00")
        await opened.page.clock.fast_forward("14:30")
        await opened.until(HAS_ANOTHER_TOKEN, second["credentials"]["token"])
        assert opened.complaints == []


async def test_a_copy_of_a_tab_signs_in_for_itself(
    browser: Browser, served: Coffer, sign_ins: SignIns
) -> None:
    async with window(browser, served.url) as opened:
        await opened.sign_in(sign_ins["player_email"], sign_ins["player_password"])
        async with opened.page.context.expect_page() as opening:
            await opened.page.evaluate("void window.open('/graphql')")
        copy = await opening.value
        await copy.get_by_role("dialog").get_by_text("a copy of another").wait_for()
        await opened.run_example("Player", "My accounts")
        await opened.answered(await balance(served, sign_ins))


async def test_a_wrong_password_is_told(
    browser: Browser, served: Coffer, sign_ins: SignIns
) -> None:
    async with window(browser, served.url) as opened:
        await opened.page.get_by_label("E-mail").fill(sign_ins["player_email"])
        await opened.page.get_by_label("Password", exact=True).fill("not this one")
        await opened.page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
        told = opened.page.get_by_role("dialog").get_by_role("alert")
        await told.wait_for()
        assert await told.inner_text()
        assert await opened.who().count() == 0


async def test_a_sign_in_that_has_ended_is_asked_for_again(
    browser: Browser, served: Coffer, sign_ins: SignIns
) -> None:
    async with window(browser, served.url) as opened:
        await opened.sign_in(sign_ins["player_email"], sign_ins["player_password"])
        kept = await opened.kept()
        async with client(served.port) as http:
            headers = {"authorization": f"Bearer {kept['credentials']['token']}"}
            await ask(http, "mutation { signOut { __typename } }", headers=headers)
        await opened.run_example("Player", "My accounts")
        await opened.page.get_by_role("dialog").get_by_text("has ended").wait_for()
        await opened.sign_in(sign_ins["player_email"], sign_ins["player_password"])
        await opened.run_example("Player", "My accounts")
        await opened.answered(await balance(served, sign_ins))


async def test_light_and_dark(browser: Browser, served: Coffer) -> None:
    async with window(browser, served.url, "dark") as opened:
        body = opened.page.locator("body")
        await opened.page.keyboard.press("Escape")

        async def is_dark() -> bool:
            ground = await body.evaluate("body => getComputedStyle(body).backgroundColor")
            red, green, blue = (int(part) for part in ground.strip("rgb()").split(","))
            return red + green + blue < 3 * 128

        switch = opened.page.get_by_role("button", name="Colours:")
        assert await is_dark()
        await opened.page.emulate_media(color_scheme="light")
        await opened.page.locator("body.graphiql-light").wait_for()
        assert not await is_dark()
        await switch.click()
        await switch.click()
        await opened.page.locator("body.graphiql-dark").wait_for()
        assert await is_dark()
        await opened.open()
        assert await is_dark()


async def test_it_fits_a_narrow_window(browser: Browser, served: Coffer) -> None:
    async with window(browser, served.url) as opened:
        await opened.page.keyboard.press("Escape")
        await opened.page.set_viewport_size({"width": 400, "height": 800})
        await opened.fits(400)
        await opened.page.locator("summary", has_text="Examples").click()
        menu = await opened.page.locator(".coffer-examples").bounding_box()
        assert menu is not None
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= 400
        last = opened.page.locator(".coffer-examples button").last
        await last.scroll_into_view_if_needed()
        place = await last.bounding_box()
        assert place is not None
        assert 0 <= place["x"] < place["x"] + place["width"] <= 400


async def test_the_documentation_is_at_hand(browser: Browser, served: Coffer) -> None:
    async with window(browser, served.url) as opened:
        await opened.page.keyboard.press("Escape")
        await opened.page.get_by_role("button", name="Show Documentation Explorer").click()
        docs = opened.page.locator(".graphiql-doc-explorer")
        await docs.get_by_text("Mutation", exact=True).click()
        await docs.get_by_text("deposit", exact=True).wait_for()
        assert opened.complaints == []


async def test_demo_sign_ins_take_one_click(
    browser: Browser, sqlite_url: str, tmp_path: Path
) -> None:
    with closing(Coffer({"COFFER_DATABASE_URL": sqlite_url, "COFFER_DEV": "1"})) as developed:
        developed.start()
        sign_ins = json.loads((tmp_path / SIGN_INS).read_text(encoding="utf-8"))
        async with window(browser, developed.url) as opened:
            await opened.page.get_by_role("button", name="Player", exact=True).click()
            await opened.who().get_by_text(sign_ins["player_email"]).wait_for()
            await opened.run_example("Player", "Deposit")
            await opened.answered("¥502.00")
            assert opened.complaints == []
