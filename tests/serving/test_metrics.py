"""What Prometheus reads: every process, on an address of its own, and nothing that is secret."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as open_metrics_families,
)
from prometheus_client.parser import text_string_to_metric_families

from app.metrics.catalogue import FIGURES, as_table
from app.metrics.house import MISSING, SOURCES, Source, read_house
from app.metrics.page import render
from app.metrics.sheet import Sheet, decoded, encoded
from app.metrics.tally import ERRORS, Kind, Outcome, Tally, outcome_of
from models import BankInstruction
from models.kinds import BankPurpose
from services.banking.measure_bank import measure_bank
from services.figures import Durations, Figure, FigureKind, Reading
from services.house import House
from tests.factories import HouseUnderTest, new_id
from tests.serving.graphql import DEPOSIT, ask, client, deposit, new_player
from tests.serving.sockets import listen
from tests.serving.waiting import LONG_S, until
from tests.stories.coffer import ROOT, Coffer, free_port

Page = dict[tuple[str, frozenset[tuple[str, str]]], float]


@contextmanager
def watched(database_url: str, redis_url: str | None = None, workers: int = 1) -> Iterator[Coffer]:
    """Serve with a port for Prometheus."""
    environment = {"COFFER_DATABASE_URL": database_url, "COFFER_METRICS_PORT": str(free_port())}
    if redis_url:
        environment["COFFER_REDIS_URL"] = redis_url
    coffer = Coffer(environment, workers)
    try:
        coffer.start()
        yield coffer
    finally:
        coffer.close()


async def scrape(coffer: Coffer) -> Page:
    """Return the samples of every process by name and labels."""
    async with httpx.AsyncClient(trust_env=False, timeout=LONG_S) as http:
        answer = await http.get(f"http://127.0.0.1:{coffer.metrics_port}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return samples_of(answer.text)


def samples_of(text: str) -> Page:
    """Return a page's samples; a sample that stands there twice is a fault."""
    samples: Page = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in samples
            samples[key] = sample.value
    return samples


def value(page: Page, name: str, **labels: str) -> float:
    """Return the sum of a figure over the labels that are not named."""
    wanted = set(labels.items())
    found = [each for (known, its), each in page.items() if known == name and wanted <= its]
    assert found, (name, labels)
    return sum(found)


async def test_a_server_alone_tells_everything(sqlite_url: str) -> None:
    with watched(sqlite_url) as coffer:
        async with client(coffer.port) as http:
            assert (await http.get("/metrics")).status_code == 404
            headers, account_id = await new_player(http)
            await ask(http, DEPOSIT, deposit(account_id, "one"), headers)
            refused = deposit(account_id, "one", "11.00")
            assert (await ask(http, DEPOSIT, refused, headers))["code"] == "KEY_REUSED"
            await http.post("/graphql", json={"query": "{ nonsense }"})
            socket = await listen(coffer.socket_url)
            page = await scrape(coffer)
            await socket.close()
        assert coffer.stop() == 0
    by_outcome = {"transport": "http", "kind": "mutation", "process": "0"}
    assert value(page, "coffer_operations_total", outcome="ok", **by_outcome) == 4
    assert value(page, "coffer_operations_total", outcome="refused", **by_outcome) == 1
    assert value(page, "coffer_operations_total", outcome="rejected", kind="none") == 1
    assert value(page, "coffer_operation_seconds_count", kind="mutation") == 5
    assert value(page, "coffer_refusals_total", code="KEY_REUSED") == 1
    assert value(page, "coffer_errors_total", code="GRAPHQL_VALIDATION_FAILED") == 1
    assert value(page, "coffer_sockets_open") == 1
    assert value(page, "coffer_connections_open") >= 2
    assert value(page, "coffer_desk_commands_total") >= 4
    assert value(page, "coffer_desk_group_seconds_count") >= 1
    assert value(page, "coffer_database_up") == 1
    assert value(page, "coffer_bus_connected") == 1
    assert value(page, "coffer_job_runs_total", job="expire_holds", outcome="failed") == 0
    assert value(page, "coffer_system_wallet_balance_minor", kind="BANK", currency="CNY") == -1000
    assert value(page, "coffer_bank_instructions_open", purpose="DEPOSIT") == 0
    assert value(page, "coffer_process_resident_memory_bytes", process="0") > 10_000_000
    assert value(page, "coffer_process_open_files") > 5
    told = {name.removesuffix("_bucket").removesuffix("_count") for name, _ in page}
    of_several = {"coffer_server_processes", "coffer_connections_waiting", "coffer_database_pool"}
    for figure in FIGURES:
        if not figure.name.startswith(tuple(of_several)) and not figure.labels:
            assert figure.name in told, figure.name


@pytest.mark.postgres
async def test_one_page_tells_of_every_process(postgres_url: str, redis_url: str) -> None:
    with watched(postgres_url, redis_url, workers=2) as coffer:
        async with client(coffer.port) as http, client(coffer.port) as other:
            await until(lambda: len(coffer.server_pids()) == 2)
            await new_player(http)
            await new_player(other)
            page = await scrape(coffer)
            while value(page, "coffer_server_processes_serving") < 2:
                page = await scrape(coffer)
            assert value(page, "coffer_server_processes_wanted") == 2
            assert value(page, "coffer_server_processes_silent") == 0
            for process in ("0", "1"):
                assert value(page, "coffer_database_up", process=process) == 1
                assert value(page, "coffer_database_pool_limit", process=process) >= 1
            assert value(page, "coffer_operations_total", kind="mutation") == 6
            assert value(page, "coffer_process_cpu_seconds_total", process="parent") > 0
            house = [key for key in page if key[0] == "coffer_holds_overdue"]
            assert house == [("coffer_holds_overdue", frozenset())]
            killed = coffer.server_pids()[0]
            os.kill(killed, signal.SIGKILL)
            await until(lambda: killed not in coffer.server_pids())
            while value(page, "coffer_server_processes_ended_total") < 1:
                page = await scrape(coffer)
            while value(page, "coffer_server_processes_serving") < 2:
                page = await scrape(coffer)
            # The new one begins from nothing under a number of its own that is free again.
            processes = {dict(labels)["process"] for name, labels in page if name.endswith("_up")}
            assert processes == {"0", "1"}
            assert coffer.parent_pid
        assert coffer.stop() == 0


@pytest.mark.postgres
async def test_a_process_that_is_stuck_is_told_as_silent(postgres_url: str, redis_url: str) -> None:
    with watched(postgres_url, redis_url, workers=2) as coffer:
        page = await scrape(coffer)
        while value(page, "coffer_server_processes_serving") < 2:
            page = await scrape(coffer)
        stuck = coffer.server_pids()[0]
        os.kill(stuck, signal.SIGSTOP)
        try:
            page = await scrape(coffer)
        finally:
            os.kill(stuck, signal.SIGCONT)
        assert value(page, "coffer_server_processes_silent") == 1
        assert value(page, "coffer_server_processes_serving") == 2
        assert coffer.stop() == 0


@pytest.mark.postgres
async def test_a_worker_tells_of_its_jobs(postgres_url: str, redis_url: str) -> None:
    environment = {
        "COFFER_DATABASE_URL": postgres_url,
        "COFFER_REDIS_URL": redis_url,
        "COFFER_METRICS_PORT": str(free_port()),
    }
    coffer = Coffer(environment)
    try:
        coffer.start_worker()
        await until(lambda: is_listening(coffer.metrics_port))
        page = await scrape(coffer)
        while not value(page, "coffer_job_last_success_time_seconds", job="run_payouts"):
            page = await scrape(coffer)
        assert value(page, "coffer_job_runs_total", outcome="succeeded", process="worker") >= 1
        assert value(page, "coffer_bank_instructions_open", purpose="DEPOSIT") == 0
    finally:
        coffer.close()


def is_listening(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
    except httpx.TransportError:
        return False
    return True


def test_metrics_are_off_unless_asked_for_and_on_loopback(sqlite_url: str) -> None:
    coffer = Coffer({"COFFER_DATABASE_URL": sqlite_url, "COFFER_METRICS_PORT": "nine"})
    try:
        refused = coffer.attempt("serve")
        assert refused.returncode == 2
        assert "COFFER_METRICS_PORT must be from 0 to 65535" in refused.stderr
    finally:
        coffer.close()
    with watched(sqlite_url) as first:
        taken = {
            "COFFER_DATABASE_URL": f"{sqlite_url}.other",
            "COFFER_METRICS_PORT": str(first.metrics_port),
        }
        second = Coffer(taken)
        try:
            refused = second.attempt("serve")
        finally:
            second.close()
        assert refused.returncode == 1
        assert "address already in use; name another with COFFER_METRICS_PORT" in refused.stderr


async def test_what_is_open_at_the_bank_is_measured(house: HouseUnderTest) -> None:
    for minutes in (7, 3):
        house.clock.advance(minutes=minutes)
        await BankInstruction.create(
            id=new_id(),
            purpose=BankPurpose.WITHDRAWAL,
            wallet_id=new_id(),
            amount_minor=1,
            currency="CNY",
            asked=1,
            ask_at=house.clock(),
            requested_at=house.clock(),
        )
    house.clock.advance(minutes=2)
    readings = {
        (figure.name, *labels): value for figure, labels, value in await measure_bank(house)
    }
    assert readings["coffer_bank_instructions_open", "WITHDRAWAL"] == 2
    assert readings["coffer_bank_instructions_oldest_open_seconds", "WITHDRAWAL"] == 300.0
    assert readings["coffer_bank_instructions_open", "DEPOSIT"] == 0
    assert readings["coffer_bank_instructions_oldest_open_seconds", "DEPOSIT"] == 0
    await BankInstruction.all().update(ask_at=None)
    assert {reading.value for reading in await measure_bank(house)} == {0}


async def test_every_area_is_read_and_one_that_fails_hinders_none(house: HouseUnderTest) -> None:
    readings = await read_house(house)
    assert {reading.figure for reading in readings} >= {
        figure for source in SOURCES for figure in source.figures
    }

    async def fails(_: House) -> list[Reading]:
        raise OSError

    broken = await read_house(house, (Source("broken", (), fails), SOURCES[0]))
    missing = {labels: value for figure, labels, value in broken if figure is MISSING}
    assert missing == {("broken",): 1, (SOURCES[0].name,): 0}


def test_durations_are_counted_as_prometheus_counts_them() -> None:
    took = Figure("coffer_took_seconds", FigureKind.DURATIONS, "How long it took.")
    seen = Durations()
    for duration_s in (0.0005, 0.001, 0.3, 60.0):
        seen.add(duration_s)
    page = samples_of(render([Sheet("0", (took.at(seen),))])[0].decode())
    assert value(page, "coffer_took_seconds_bucket", le="0.001") == 2
    assert value(page, "coffer_took_seconds_bucket", le="0.25") == 2
    assert value(page, "coffer_took_seconds_bucket", le="0.5") == 3
    assert value(page, "coffer_took_seconds_bucket", le="+Inf") == 4
    assert value(page, "coffer_took_seconds_count") == 4
    assert value(page, "coffer_took_seconds_sum") == pytest.approx(60.3015)


def test_the_page_is_open_metrics_for_who_prefers_it() -> None:
    tally = Tally()
    tally.operation("http", Kind.QUERY, Outcome.OK, 0.01)
    text, media_type = render(
        [Sheet("0", tuple(tally.readings()))], "application/openmetrics-text; version=1.0.0"
    )
    assert media_type.startswith("application/openmetrics-text")
    assert list(open_metrics_families(text.decode()))  # type: ignore[no-untyped-call]  # theirs


def test_sheets_travel_between_processes() -> None:
    tally = Tally()
    tally.operation("http", Kind.QUERY, Outcome.OK, 0.01)
    tally.refusals(["NOT_FOUND"])
    readings = tuple(tally.readings())
    assert decoded(encoded(readings)) == readings
    assert decoded(b'[["of_another_version",[],1]]') == ()
    with pytest.raises(ValueError, match="unexpected end"):
        decoded(encoded(readings)[:-1])


def test_codes_that_are_not_known_are_one() -> None:
    tally = Tally()
    tally.errors(["UNAVAILABLE", "made up", "made up too", None])
    counted = {labels: count for figure, labels, count in tally.readings() if figure is ERRORS}
    assert counted == {("UNAVAILABLE",): 1, ("OTHER",): 3}


@pytest.mark.parametrize(
    ("codes", "ran", "refused", "outcome"),
    [
        ([], True, False, Outcome.OK),
        ([], True, True, Outcome.REFUSED),
        (["BAD_USER_INPUT"], False, False, Outcome.REJECTED),
        (["BAD_USER_INPUT"], True, False, Outcome.ERROR),
        (["FORBIDDEN", "INTERNAL_FAULT"], True, True, Outcome.FAULT),
        (["UNAUTHENTICATED"], False, False, Outcome.UNAUTHENTICATED),
        (["FORBIDDEN", "UNAVAILABLE"], True, False, Outcome.UNAVAILABLE),
    ],
)
def test_an_operation_ends_as_its_worst_error_says(
    codes: list[str], *, ran: bool, refused: bool, outcome: Outcome
) -> None:
    assert outcome_of(codes, ran=ran, refused=refused) is outcome


def test_every_figure_is_named_as_prometheus_wants_and_listed() -> None:
    names = [figure.name for figure in FIGURES]
    assert len(set(names)) == len(names)
    for figure in FIGURES:
        assert re.fullmatch(r"coffer_[a-z_]+", figure.name)
        assert figure.name.endswith("_total") == (figure.kind is FigureKind.COUNTER), figure.name
        assert figure.says.endswith("."), figure.name
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    begin, end = "<!-- figures: begin -->\n", "<!-- figures: end -->"
    assert begin in page
    listed = page.split(begin)[1].split(end)[0]
    assert listed.splitlines() == list(as_table()), "python -m app.metrics prints the table"
