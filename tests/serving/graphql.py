"""The little GraphQL that the serving tests need, over plain HTTP, where connections are seen."""

import uuid
from typing import Any

import httpx

from tests.residents import somebody

SIGN_UP = """mutation ($input: SignUpInput!) { signUp(input: $input) {
  __typename ... on SignUpSuccess { customer { id } } ... on Refusal { code } } }"""
SIGN_IN = """mutation ($input: SignInInput!) { signIn(input: $input) {
  __typename ... on SignInSuccess { token } ... on Refusal { code } } }"""
OPEN_ACCOUNT = """mutation ($input: OpenAccountInput!) { openAccount(input: $input) {
  __typename ... on OpenAccountSuccess { account { id } } ... on Refusal { code } } }"""
DEPOSIT = """mutation ($input: DepositInput!) { deposit(input: $input) {
  __typename ... on DepositSuccess { replayed available { amount } } ... on Refusal { code } } }"""
BALANCE = "{ viewer { ... on Customer { accounts { id balance { amount } } } } }"
WHO = "{ viewer { __typename ... on Partner { name kind } } }"

TIMEOUT_S = 30.0


def client(port: int) -> httpx.AsyncClient:
    """Return a client that keeps its connections, and asks no proxy."""
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT_S, trust_env=False
    )


def body(document: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the request for a document whose only variable is ``input``."""
    return {"query": document, "variables": {} if given is None else {"input": given}}


async def ask(
    http: httpx.AsyncClient,
    document: str,
    given: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Any:  # noqa: ANN401 - JSON
    """Return what the only root field answers."""
    response = await http.post("/graphql", json=body(document, given), headers=headers)
    answer = response.json()
    assert response.status_code == 200, answer
    assert "errors" not in answer, answer
    (field,) = answer["data"].values()
    return field


async def new_player(http: httpx.AsyncClient, password: str = "") -> tuple[dict[str, str], str]:
    """Sign somebody up and in, and open an account; return their headers and its id."""
    who = {"email": f"{uuid.uuid4().hex}@players.invalid", "password": password or uuid.uuid4().hex}
    await ask(http, SIGN_UP, {"idempotencyKey": "sign-up-" + who["email"], **who})
    signed_in = await ask(http, SIGN_IN, who)
    headers = {"authorization": f"Bearer {signed_in['token']}"}
    opening = {
        "currency": "CNY",
        "holderName": "王小明",
        "phone": "+8613800000000",
        "identityKind": "RESIDENT_ID",
        "identityNumber": somebody(),
    }
    opened = await ask(http, OPEN_ACCOUNT, {"idempotencyKey": "open", **opening}, headers)
    return headers, opened["account"]["id"]


def deposit(account_id: str, key: str, amount: str = "10.00") -> dict[str, Any]:
    """Return the input of a deposit."""
    money = {"amount": amount, "currency": "CNY"}
    return {"idempotencyKey": key, "accountId": account_id, "amount": money}
