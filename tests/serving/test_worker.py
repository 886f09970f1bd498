"""A worker that is started while the database is away begins when it comes back."""

import httpx
import pytest

from app.database import migrate
from tests.servers import running_postgres
from tests.serving.waiting import until
from tests.stories.coffer import Coffer, coffer_on, free_port

AWAY = "the database is away"


@pytest.mark.postgres
async def test_a_worker_waits_for_the_database() -> None:
    with running_postgres() as postgres:
        url = await postgres.create_database("coffer")
        await migrate(url)
        postgres.kill9()
        settings = {"COFFER_DATABASE_URL": url, "COFFER_METRICS_PORT": str(free_port())}
        coffer = Coffer(settings)
        try:
            coffer.start_worker()
            await until(lambda: AWAY in coffer.log)
            postgres.start()
            await until(lambda: does_its_jobs(coffer))
            assert coffer.stop() == 0
        finally:
            coffer.close()


async def test_a_worker_that_waits_for_the_database_can_be_ended() -> None:
    with coffer_on("postgres://nobody:secret@127.0.0.1:1/none") as coffer:
        coffer.start_worker(watched=False)
        await until(lambda: AWAY in coffer.log)
        assert coffer.stop() == 0
        assert "Traceback" not in coffer.log
        assert "secret" not in coffer.log


def does_its_jobs(coffer: Coffer) -> bool:
    """Tell whether some job of the worker has succeeded."""
    try:
        page = httpx.get(f"http://127.0.0.1:{coffer.metrics_port}/metrics", trust_env=False).text
    except httpx.TransportError:
        return False
    return any(
        line.startswith("coffer_job_runs_total{") and 'outcome="succeeded"' in line
        for line in page.splitlines()
        if not line.endswith(" 0")
    )
