"""The whole job from outside: open an account, put money in, buy tickets, win, be told at once.

    python -m tests.stories.story          a server of its own, on SQLite, in a temporary directory
    python -m tests.stories.story URL      a server that runs already, such as
                                           http://127.0.0.1:8000/graphql

With URL the story needs API keys of partners in CNY, made by ``python -m app create-partner``, in
COFFER_STORY_PLATFORM_KEY and COFFER_STORY_CENTRE_KEY, and an administrator, invited by
``python -m app create-administrator``, in COFFER_STORY_OPERATOR_EMAIL and
COFFER_STORY_OPERATOR_PASSWORD. It changes parameters of that server for some seconds and puts them
back, so it is not for a server that is in use by others.

Every step is printed with what came back. The exit code is 1 if any of it, or any money, is not
as it should be.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit

from gql.transport.exceptions import TransportError

from tests.stories.chapters.accounts import an_account, the_partners
from tests.stories.chapters.blocking import a_freeze, a_loss
from tests.stories.chapters.reading import reading_it_later, the_money
from tests.stories.chapters.refusing import refusals
from tests.stories.chapters.selling import (
    a_draw,
    a_mandate_and_money,
    purchases,
    serials_that_come_later,
)
from tests.stories.chapters.staffing import the_staff
from tests.stories.chapters.winning import prizes, the_winners, too_late
from tests.stories.coffer import NotReady, coffer_on
from tests.stories.telling import Teller, Telling, Unexpected

KEYS = {
    "platform": "COFFER_STORY_PLATFORM_KEY",
    "centre": "COFFER_STORY_CENTRE_KEY",
    "operator_email": "COFFER_STORY_OPERATOR_EMAIL",
    "operator_password": "COFFER_STORY_OPERATOR_PASSWORD",
}


async def tell(url: str, keys: Mapping[str, str], teller: Teller) -> None:
    """Tell the story from beginning to end.

    Raises:
        Unexpected: Something is not as it should be.
    """
    async with contextlib.AsyncExitStack() as stack:
        story = Telling(url, keys, stack, teller)
        await the_partners(story)
        try:
            await an_account(story)
            draw_id = await a_draw(story)
            await a_mandate_and_money(story, draw_id)
            await purchases(story, draw_id)
            await serials_that_come_later(story, draw_id)
            await a_loss(story, draw_id)
            await a_freeze(story, draw_id)
            await refusals(story, draw_id)
            await the_staff(story)
            await the_winners(story, draw_id)
            await prizes(story, draw_id)
            await too_late(story)
            await reading_it_later(story)
            await the_money(story)
        finally:
            await story.restore_parameters()


@contextlib.asynccontextmanager
async def server_of_its_own() -> AsyncIterator[tuple[str, dict[str, str]]]:
    """Have a server on SQLite in a temporary directory; yield its URL and how to call."""
    with (
        tempfile.TemporaryDirectory(prefix="coffer-story-") as directory,
        coffer_on(f"sqlite://{directory}/coffer.db") as coffer,
    ):
        await asyncio.to_thread(coffer.start)
        yield coffer.url, coffer.create_cast()


@contextlib.asynccontextmanager
async def server_at(url: str) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """Use a server that runs already.

    Raises:
        SystemExit: Who calls is not said, or this is no URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        sys.exit(f"{url} is no URL of a server, such as http://127.0.0.1:8000/graphql")
    missing = [variable for variable in KEYS.values() if not os.environ.get(variable)]
    if missing:
        sys.exit(
            f"To tell the story to {url} the environment must hold who calls there; "
            f"missing: {', '.join(missing)}.\n"
            "Make them beside that server's database, for example:\n"
            '  python -m app create-partner sales-platform "Story platform"\n'
            '  python -m app create-partner lottery-centre "Story centre"\n'
            '  python -m app create-administrator you@example.com "Story administrator"\n'
            "who sets a password with the code (acceptInvitation)."
        )
    address = url if parts.path.strip("/") else f"{url.rstrip('/')}/graphql"
    yield address, {name: os.environ[variable] for name, variable in KEYS.items()}


async def main(arguments: list[str]) -> int:
    """Tell the story on the terminal, and return the exit code."""
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0 if len(arguments) == 1 else 2
    began_s = time.monotonic()
    try:
        async with server_at(arguments[0]) if arguments else server_of_its_own() as (url, keys):
            teller = Teller()
            await tell(url, keys, teller)
    except (Unexpected, TransportError, TimeoutError, NotReady, OSError) as error:
        print(f"\nThe story does not end well: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    took_s = time.monotonic() - began_s
    print(f"\nEvery cent is where it should be: {teller.steps} steps in {took_s:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
