"""One server for one file, one address for one server, and several processes that are kept up."""

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.stories.coffer import Coffer, coffer_on

REPLACED_S = 60.0


def test_a_second_server_on_the_same_file_refuses(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as first, coffer_on(sqlite_url) as second:
        first.start()
        refused = second.attempt("serve")
        assert refused.returncode == 1
        assert "another server uses coffer.db" in refused.stderr
        assert "Traceback" not in refused.stderr
        first.stop()
        second.start()  # the lock went with the process
        assert second.stop() == 0


def test_a_file_is_free_again_after_a_crash(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        coffer.start()
        coffer.kill9(coffer.server_pids()[0])
        coffer.start()
        assert coffer.stop() == 0


def test_a_port_in_use_is_told(sqlite_url: str, tmp_path: Path) -> None:
    with coffer_on(sqlite_url) as first:
        first.start()
        other = {"COFFER_DATABASE_URL": f"sqlite://{tmp_path / 'other.db'}"}
        second = Coffer(other, port=first.port)
        try:
            refused = second.attempt("serve")
        finally:
            second.close()
        assert refused.returncode == 1
        assert f"cannot serve on 127.0.0.1:{first.port}: address already in use" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_several_processes_refuse_sqlite(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        refused = coffer.attempt("serve", "--workers", "2")
        assert refused.returncode == 2
        assert "COFFER_DATABASE_URL=postgres://" in refused.stderr


def test_a_worker_refuses_sqlite(sqlite_url: str) -> None:
    with coffer_on(sqlite_url) as coffer:
        refused = coffer.attempt("worker")
        assert refused.returncode == 2
        assert "does the background work itself" in refused.stderr


def test_several_processes_need_redis(sqlite_url: str) -> None:
    del sqlite_url
    with coffer_on("postgres://nobody@127.0.0.1:1/none") as coffer:
        refused = coffer.attempt("serve", "--workers", "2")
        assert refused.returncode == 2
        assert "COFFER_REDIS_URL" in refused.stderr


@pytest.mark.postgres
def test_a_killed_process_is_replaced(postgres_url: str, redis_url: str) -> None:
    with coffer_on(postgres_url, redis_url, workers=2) as coffer:
        coffer.start()
        killed, kept = both(coffer)
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + REPLACED_S
        while killed in coffer.server_pids() or len(coffer.server_pids()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        new = set(both(coffer)) - {kept}
        assert new
        assert killed not in new
        assert coffer.stop() == 0
        assert "server process ended" in coffer.log


@pytest.mark.postgres
def test_server_processes_drain_when_their_parent_is_killed(
    postgres_url: str, redis_url: str
) -> None:
    with coffer_on(postgres_url, redis_url, workers=2) as coffer:
        coffer.start()
        children = both(coffer)
        coffer.kill9(coffer.parent_pid)
        deadline = time.monotonic() + REPLACED_S
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def both(coffer: Coffer) -> list[int]:
    """Return the two server processes once each of them has answered."""
    deadline = time.monotonic() + REPLACED_S
    answered: set[int] = set()
    while not len(answered) >= 2 or not answered <= set(coffer.server_pids()):
        assert time.monotonic() < deadline, coffer.log
        answered &= set(coffer.server_pids())
        # A connection of its own each time: the system gives it to either process.
        response = httpx.get(f"http://127.0.0.1:{coffer.port}/readyz", timeout=5, trust_env=False)
        if response.status_code == 200:
            health = httpx.get(f"http://127.0.0.1:{coffer.port}/healthz", timeout=5)
            answered.add(int(health.headers["x-coffer-pid"]))
    return coffer.server_pids()
