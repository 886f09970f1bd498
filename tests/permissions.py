"""The table of permissions, made from what the schema really answers.

``python -m tests.permissions`` (``make permissions``) writes it anew; ``tests/authorisation`` fails
when it is stale.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from app.database import migrate
from tests.authorisation.walk import page, walk

PAGE = Path(__file__).parent.parent / "docs" / "permissions.md"


async def written_anew() -> str:
    """Return the page as it should be."""
    with TemporaryDirectory() as directory:
        url = f"sqlite://{directory}/coffer.db"
        await migrate(url)
        return page(await walk(url))


if __name__ == "__main__":
    PAGE.write_text(asyncio.run(written_anew()), encoding="utf-8")
