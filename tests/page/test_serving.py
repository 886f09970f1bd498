"""The page as HTTP has it: how it is held to this server, and what is kept for how long."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.page import DEMO_PATH, Page

SIGN_INS = {
    "player_email": "player@demo.invalid",
    "player_password": "secret",
    "player_account_id": "an account",
    "draw_id": "a draw",
    "administrator_email": "administrator@demo.invalid",
    "administrator_password": "another",
    "sales_platform_api_key": "a key",
}


def built_in(directory: Path) -> Path:
    """Lay a little page where the real one would be."""
    assets = directory / "assets"
    assets.mkdir(parents=True)
    (directory / "index.html").write_text("<html><head></head></html>")
    (assets / "page-1a2b.js").write_text("page()")
    (assets / "page-1a2b.js.gz").write_bytes(gzip.compress(b"page()"))
    (assets / "notes.txt").write_text("not for the page")
    return directory


def served(
    page: Page, caller: str = "127.0.0.1", address: str = "http://127.0.0.1:8000"
) -> httpx.AsyncClient:
    """Return a client of a server that has the page and nothing else."""
    asgi = Starlette(routes=[Route("/graphql", page.respond), *page.routes()])
    transport = httpx.ASGITransport(asgi, client=(caller, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=address)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Where a page was built."""
    return built_in(tmp_path / "dist")


@pytest.fixture
def sign_ins(tmp_path: Path) -> Path:
    """The file of demo sign-ins."""
    path = tmp_path / "demo-sign-ins.json"
    path.write_text(json.dumps(SIGN_INS))
    return path


@pytest.fixture
async def http(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server as it runs for good."""
    async with served(Page(built=built)) as client:
        yield client


async def test_it_is_held_to_its_own_server(http: httpx.AsyncClient) -> None:
    headers = (await http.get("/graphql")).headers
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["worker-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


async def test_assets_are_kept_for_ever(http: httpx.AsyncClient) -> None:
    for accepted, encoding in (("gzip, br", "gzip"), ("identity", None)):
        asset = await http.get(
            "/graphql/assets/page-1a2b.js", headers={"accept-encoding": accepted}
        )
        assert asset.text == "page()"
        assert asset.headers.get("content-encoding") == encoding
        assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["vary"] == "accept-encoding"


@pytest.mark.parametrize(
    "name", ["other.js", "notes.txt", "..%2Findex.html", "..%2F..%2Fsecret.js", "%2Fetc%2Fpasswd"]
)
async def test_nothing_else_is_handed_out(
    http: httpx.AsyncClient, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.js").write_text("secret")
    assert (await http.get(f"/graphql/assets/{name}")).status_code == 404


async def test_a_page_that_was_not_built_says_how(tmp_path: Path) -> None:
    async with served(Page(built=tmp_path)) as http:
        answer = await http.get("/graphql")
    assert answer.status_code == 503
    assert "make setup" in answer.text


async def test_demo_sign_ins_are_for_development_on_this_machine(
    built: Path, sign_ins: Path
) -> None:
    async with served(Page(built=built)) as http:
        assert (await http.get(DEMO_PATH)).status_code == 404
        assert DEMO_PATH not in (await http.get("/graphql")).text
    page = Page(sign_ins, built)
    for caller, address in (
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("127.0.0.1", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
    ):
        async with served(page, caller, address) as http:
            assert DEMO_PATH in (await http.get("/graphql")).text
            assert (await http.get(DEMO_PATH)).json() == {
                "signIns": [
                    {
                        "label": "Player",
                        "as": "CUSTOMER",
                        "email": "player@demo.invalid",
                        "password": "secret",
                    },
                    {
                        "label": "Administrator",
                        "as": "OPERATOR",
                        "email": "administrator@demo.invalid",
                        "password": "another",
                    },
                    {"label": "Sales platform", "apiKey": "a key"},
                ],
                "ids": {"accountId": "an account", "drawId": "a draw"},
            }
    for caller, address in (
        ("192.0.2.7", "http://127.0.0.1:8000"),
        ("127.0.0.1", "http://rebound.invalid:8000"),
        ("unknown", "http://localhost:8000"),
    ):
        async with served(page, caller, address) as http:
            assert DEMO_PATH not in (await http.get("/graphql")).text
            assert (await http.get(DEMO_PATH)).status_code == 404


def test_the_built_page_names_this_server_alone() -> None:
    html = (Path(__file__).parents[2] / "web" / "dist" / "index.html").read_text()
    named = re.findall(r"""(?:src|href)="([^"]+)""", html)
    assert named
    assert all(url.startswith("/graphql/") for url in named)
    assert "<style" not in html
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
