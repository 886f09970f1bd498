"""A Chromium that watches what the page does: its requests, its complaints, its faults."""

import asyncio
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright

from tests.node import ran

CLOSED_MACHINE = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Flags for a machine that is closed to the outside, where the tests may run as root."""

WAIT_MS = 30_000

LOOK = """given => new Promise(done => {
  const look = async () => await (%s)(...given) ? done() : requestAnimationFrame(look);
  look();
})"""


class NoBrowser(Exception):
    """The page cannot be tested on this machine; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A browser on this machine.

    Attributes:
        program: Where it is.
        environment: What it needs to start.
    """

    program: Path
    environment: dict[str, str | float | bool]


@asynccontextmanager
async def chromium() -> AsyncIterator[Chromium]:
    """Unpack the browser that set-up brought, for the time of the block.

    Other machines than Linux on x86-64 must have one themselves: ``COFFER_CHROMIUM`` names it, or
    it is found by its name. A test of the page is never left out for want of a browser.

    Raises:
        NoBrowser: There is none.
    """
    named = os.environ.get("COFFER_CHROMIUM")
    if named is None and (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        with tempfile.TemporaryDirectory(prefix="coffer-chromium-") as kept:
            directory = Path(kept)
            await ran("browser.ts", directory)
            environment = {
                "LD_LIBRARY_PATH": str(directory / "al2023" / "lib"),
                "FONTCONFIG_PATH": str(directory / "fonts"),
                "HOME": kept,
            }
            yield Chromium(directory / "chromium", {**environment})
        return
    found = named or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise NoBrowser("install Chromium, or name one in COFFER_CHROMIUM, to test the page")
    yield Chromium(Path(found), {**os.environ})


@dataclass
class Window:
    """The page in a browser, and all that was seen of it."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Write down every request, every complaint on the console and every fault."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda socket: self.requests.append(socket.url))
        self.page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        self.page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def elsewhere(self) -> list[str]:
        """Return the requests that did not go to the server."""
        home = urlsplit(self.address).netloc
        return [url for url in self.requests if urlsplit(url).netloc not in {home, ""}]

    async def open(self) -> None:
        """Load the page, and wait until one can write in it."""
        await self.page.goto(self.address)
        await self.page.locator(".graphiql-query-editor .view-lines").wait_for()

    async def sign_in(self, email: str, password: str, way: str = "Customer") -> None:
        """Sign in as a person, by the form."""
        await self.page.get_by_role("tab", name=way).click()
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(password)
        await self._submit()

    async def sign_in_with_key(self, key: str) -> None:
        """Sign in as a partner, by the form."""
        await self.page.get_by_role("tab", name="Partner").click()
        await self.page.get_by_label("API key", exact=True).fill(key)
        await self._submit()

    async def _submit(self) -> None:
        await self.page.get_by_role("dialog").get_by_role("button", name="Sign in").click()
        await self.who().wait_for()

    def who(self) -> Locator:
        """Return where the page says who has signed in."""
        return self.page.get_by_label("Signed in")

    async def sign_out(self) -> None:
        """Sign out, and wait until the page asks who comes next."""
        await self.page.get_by_role("button", name="Sign out").click()
        await self.page.get_by_role("button", name="Sign in").first.click()
        await self.page.get_by_role("dialog").wait_for()

    async def run_example(self, group: str, title: str) -> None:
        """Open an example, and run it."""
        await self.page.locator("summary", has_text="Examples").click()
        examples = self.page.get_by_role("region", name=group, exact=True)
        await examples.get_by_role("button", name=re.compile(rf"^{title} \w+$")).click()
        await self.page.get_by_role("button", name="Execute query (Ctrl-Enter)").click()

    async def answered(self, text: str) -> None:
        """Wait until the answer holds a text."""
        answer = self.page.locator(".result-window .view-lines", has_text=text)
        await answer.wait_for(timeout=WAIT_MS)

    async def kept(self) -> dict[str, Any]:
        """Return what the tab keeps of who has signed in."""
        kept: dict[str, Any] = json.loads(
            await self.page.evaluate("sessionStorage['coffer:signed-in']")
        )
        return kept

    async def until(self, condition: str, *given: object) -> None:
        """Wait until a function of the page's own tells true.

        The browser looks at each frame by itself: Playwright would evaluate text each time, which
        the page's policy forbids.
        """
        async with asyncio.timeout(WAIT_MS / 1000):
            await self.page.evaluate(LOOK % condition, [*given])

    async def fits(self, width: int) -> None:
        """Wait until the page is no wider than this; the editors follow the window a bit later."""
        await self.until("width => document.documentElement.scrollWidth <= width", width)

    @property
    def events(self) -> Locator:
        """Return the history of events."""
        return self.page.get_by_role("region", name="Events")

    async def told(self, text: str, times: int = 1) -> None:
        """Wait until the history has so many lines with a text."""
        lines = self.events.locator("li", has_text=text)
        await lines.nth(times - 1).wait_for(timeout=WAIT_MS)


@asynccontextmanager
async def running(found: Chromium) -> AsyncIterator[Browser]:
    """Run a browser for the time of the block."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found.program, env=found.environment, args=[*CLOSED_MACHINE]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def window(
    browser: Browser, address: str, scheme: Literal["light", "dark"] = "light"
) -> AsyncIterator[Window]:
    """Open the page for the time of the block, as somebody who has never been there."""
    context = await browser.new_context(color_scheme=scheme)
    try:
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        opened = Window(page, address)
        opened.watch()
        await opened.open()
        yield opened
    finally:
        await context.close()
