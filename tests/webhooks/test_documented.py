"""What docs/webhooks.md tells partners to write verifies our messages, and refuses others."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.webhooks.signing import new_signing_secret, signed_headers
from tests.node import ran

PAGE = (Path(__file__).parent.parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")
BODY = json.dumps({"type": "PURCHASE", "data": {"name": "王小明"}}, ensure_ascii=False).encode()


def snippet(name: str) -> str:
    """Return a piece of code of the page."""
    found = re.search(rf"<!-- run: {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def cases() -> list[tuple[dict[str, str], str, bool]]:
    """Return headers, the secret that the receiver has, and whether the message is one."""
    secret, other = new_signing_secret(), new_signing_secret()
    now_s = int(time.time())
    good = signed_headers([secret], "ZXZlbnQ6NDI=", now_s, BODY)
    rotated = signed_headers([other, secret], "ZXZlbnQ6NDI=", now_s, BODY)
    old = signed_headers([secret], "ZXZlbnQ6NDI=", now_s - 400, BODY)
    return [
        (good, secret, True),
        (rotated, secret, True),
        (good, other, False),
        (old, secret, False),
        ({**good, "webhook-id": "another"}, secret, False),
        ({**good, "webhook-timestamp": "x"}, secret, False),
        ({name: text for name, text in good.items() if name != "webhook-signature"}, secret, False),
    ]


def test_the_python_verifies() -> None:
    scope: dict[str, Any] = {}
    exec(snippet("python"), scope)  # noqa: S102 - our own page
    read: Callable[[str, dict[str, str], bytes], object] = scope["read_message"]
    for headers, secret, is_one in cases():
        assert (read(secret, headers, BODY) is not None) == is_one
    good, secret, _ = cases()[0]
    assert read(secret, good, BODY) == json.loads(BODY)
    assert read(secret, good, BODY + b" ") is None


async def test_the_javascript_verifies(tmp_path: Path) -> None:
    checks = [
        {"headers": headers, "secret": secret, "body": BODY.decode(), "fits": fits}
        for headers, secret, fits in cases()
    ]
    good, secret, _ = cases()[0]
    checks.append({"headers": good, "secret": secret, "body": BODY.decode() + " ", "fits": False})
    program = f"""
      {snippet("node")}
      for (const {{ headers, secret, body, fits }} of {json.dumps(checks)}) {{
        const message = readMessage(secret, headers, Buffer.from(body));
        if (fits !== (message !== null)) throw new Error(JSON.stringify(headers));
        if (fits && message.data.name !== "王小明") throw new Error(JSON.stringify(message));
      }}
      console.log("verified");
    """
    path = tmp_path / "verify.mjs"
    path.write_text(program, encoding="utf-8")
    assert (await ran(path)).strip() == "verified"


@pytest.mark.parametrize("name", ["createWebhook", "rotateWebhookSecret", "replayWebhook"])
def test_what_the_page_speaks_of_is_there(name: str) -> None:
    assert name in PAGE
    schema = (Path(__file__).parent.parent.parent / "schema.graphql").read_text(encoding="utf-8")
    assert f"  {name}(" in schema
