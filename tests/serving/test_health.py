"""What a proxy asks: is the process alive, and does it take work."""

import time

import httpx
import pytest

from tests.servers import running_postgres
from tests.serving.graphql import BALANCE, SIGN_IN, ask, body, client, new_player
from tests.stories.coffer import coffer_on

WHOEVER = {"email": "ming@example.com", "password": "correct horse battery"}


def test_a_ready_server_says_so(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        alive = httpx.get(f"http://127.0.0.1:{coffer.port}/healthz", trust_env=False)
        ready = httpx.get(f"http://127.0.0.1:{coffer.port}/readyz", trust_env=False)
        assert (alive.status_code, alive.text) == (200, "ok")
        assert (ready.status_code, ready.text) == (200, "ready")
        assert [int(alive.headers["x-coffer-pid"])] == coffer.server_pids()
        assert "server" not in alive.headers


@pytest.mark.postgres
async def test_a_server_without_its_database_lives_but_is_not_ready(redis_url: str) -> None:
    with running_postgres() as postgres:
        url = await postgres.create_database("coffer")
        with coffer_on(url, redis_url) as coffer:
            coffer.start()
            async with client(coffer.port) as http:
                headers, account_id = await new_player(http)
                postgres.kill9()
                assert (await http.get("/healthz")).status_code == 200
                away = await http.get("/readyz")
                assert (away.status_code, away.text) == (503, "the database does not answer")
                # A caller with a token cannot be recognised; one without can, but not be answered.
                known = await http.post("/graphql", json=body(BALANCE), headers=headers)
                assert (known.status_code, known.headers["retry-after"]) == (503, "1")
                nobody = await http.post("/graphql", json=body(SIGN_IN, WHOEVER))
                for answer in (known, nobody):
                    (error,) = answer.json()["errors"]
                    assert error["extensions"] == {"code": "UNAVAILABLE"}
                postgres.start()
                deadline = time.monotonic() + 30
                while (await http.get("/readyz")).status_code != 200:
                    assert time.monotonic() < deadline
                viewer = await ask(http, BALANCE, headers=headers)
                assert viewer["accounts"][0]["id"] == account_id
            assert coffer.stop() == 0
