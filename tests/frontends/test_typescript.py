"""A front end in TypeScript works with Coffer by types that are generated from its contract."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.demo import SIGN_INS
from tests.cable import cable_to
from tests.node import WEB, node, ran
from tests.serving.graphql import ask, client
from tests.stories.coffer import Coffer

STEP_S = 30.0
TSC = WEB / "node_modules" / "typescript" / "bin" / "tsc"
PURCHASE = """mutation ($input: PurchaseInput!) { purchase(input: $input) {
  __typename ... on PurchaseSuccess { transaction { id } } ... on Refusal { code } } }"""

Step = dict[str, Any]


@pytest.fixture
def coffer(sqlite_url: str, tmp_path: Path) -> Iterator[Coffer]:
    """A server with demo data, as `make run` starts it, that trusts the example's documents.

    People may ask with nothing else.
    """
    registry = tmp_path / "trusted-documents.json"
    running = Coffer(
        {
            "COFFER_DATABASE_URL": sqlite_url,
            "COFFER_DEV": "1",
            "COFFER_TRUSTED_DOCUMENTS": str(registry),
            "COFFER_TRUSTED_ONLY": "nobody, customer",
        }
    )
    try:
        running.run("trust-documents", "web/client", "--output", str(registry))
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture
async def generated() -> None:
    """Generate the types anew."""
    await ran("client/generate.ts")


class Steps:
    """What the example prints, a step a line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.taken: list[Step] = []

    async def until(self, name: str, **facts: object) -> Step:
        """Return the next step of a name, with these facts.

        Raises:
            AssertionError: The example ended before it.
        """
        assert self._process.stdout is not None
        while line := await asyncio.wait_for(self._process.stdout.readline(), STEP_S):
            step: Step = json.loads(line)
            self.taken.append(step)
            if step["step"] == name and facts.items() <= step.items():
                return step
        assert self._process.stderr is not None
        raise AssertionError((await self._process.stderr.read()).decode())


@pytest.mark.requirement("D4")
async def test_a_front_end_does_its_whole_job(
    coffer: Coffer, generated: None, sqlite_url: str
) -> None:
    del generated
    await ran(TSC, "--project", ".")
    file = Path(urlsplit(sqlite_url).path).with_name(SIGN_INS)
    async with (
        cable_to(coffer.port) as cable,
        node("client/example.ts", cable.url, str(file), "2", "trusted") as process,
    ):
        steps = Steps(process)
        await steps.until("malformed")
        assert (await steps.until("refused"))["code"] == "CURRENCY_MISMATCH"
        await steps.until("event", kind="PURCHASE")
        cable.cut()
        await steps.until("connection", state="waiting")
        await buy(coffer, json.loads(file.read_text(encoding="utf-8")))
        cable.mend()
        await steps.until("event", kind="PURCHASE")
        pages = await steps.until("pages")
        node_read = (await steps.until("node"))["node"]
        assert await process.wait() == 0
    told = [step["told"] for step in steps.taken if step["step"] in {"too much", "bought"}]
    assert told == ["MANDATE_LIMIT_EXCEEDED: ¥5.00 at the most", "PENDING -¥2.00"]
    # It went on behind the last event, not from the beginning: none was told twice.
    events = [step["cursor"] for step in steps.taken if step["step"] == "event"]
    assert len(events) == len(set(events))
    assert pages["count"] > 1
    assert pages["numbers"] == [*range(len(pages["numbers"]), 0, -1)]
    assert node_read["__typename"] == "Transaction"
    assert node_read["amount"]["formatted"] == "-¥3.00"
    await only_its_documents_are_answered(coffer)


async def only_its_documents_are_answered(coffer: Coffer) -> None:
    async with client(coffer.port) as http:
        answer = await http.post("/graphql", json={"query": "{ viewer { __typename } }"})
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "TRUSTED_DOCUMENT_REQUIRED"


async def buy(coffer: Coffer, sign_ins: dict[str, str]) -> None:
    """Have the sales platform buy a ticket, while the example hears nothing."""
    money = {"amount": "3.00", "currency": "CNY"}
    order = {
        "idempotencyKey": uuid.uuid4().hex,
        "accountId": sign_ins["player_account_id"],
        "reference": uuid.uuid4().hex,
        "amount": money,
        "tickets": [{"drawId": sign_ins["draw_id"], "numbers": "1 2 3", "stake": money}],
    }
    async with client(coffer.port) as http:
        bought = await ask(http, PURCHASE, order, {"x-api-key": sign_ins["sales_platform_api_key"]})
    assert bought["__typename"] == "PurchaseSuccess", bought


@pytest.mark.parametrize(
    ("mistake", "complaint"),
    [
        ("answer.signIn?.token", "Property 'token' does not exist on type"),
        ("answer.signUp", "Property 'signUp' does not exist on type"),
        ("await ask('', null, SignInDocument, { input: { email: '' } })", "'password' is missing"),
        ("answer.signIn", None),
    ],
)
async def test_the_compiler_finds_what_does_not_fit_the_contract(
    generated: None, tmp_path: Path, mistake: str, complaint: str | None
) -> None:
    del generated
    (tmp_path / "wrong.ts").write_text(f"""\
import {{ ask }} from "{WEB}/client/coffer.ts";
import {{ SignInDocument }} from "{WEB}/client/generated.ts";
const input = {{ email: "", password: "" }};
const answer = await ask("", null, SignInDocument, {{ input }});
export const found = {mistake};
""")
    settings = {
        "extends": str(WEB / "tsconfig.json"),
        "compilerOptions": {"types": []},
        "include": ["wrong.ts"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    async with node(TSC, "--project", tmp_path, "--pretty", "false") as process:
        printed, _ = await process.communicate()
    if complaint is None:
        assert (process.returncode, printed) == (0, b"")
    else:
        assert process.returncode != 0
        assert "wrong.ts(5," in printed.decode()
        assert complaint in printed.decode()
