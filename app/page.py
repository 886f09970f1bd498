"""The page that operators work in: GraphiQL from files that were built at set-up.

`make setup` builds ``web/page`` into ``web/dist``: one HTML file, and assets whose names change
with their content. Nothing on the page comes from another host or is written in line, and its
content security policy holds it to that (docs/decisions/0005-the-page.md).
"""

import json
from ipaddress import ip_address
from pathlib import Path

from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Route

from app.safety import FRESH
from app.transport import PATH

BUILT = Path(__file__).parent.parent / "web" / "dist"
DEMO_PATH = f"{PATH}/demo-sign-ins"

NOT_BUILT = """\
The page has not been built.

Run `make setup` where Coffer lies: it builds the page, and needs nothing but Python for it.
GraphQL itself is served here all the same, by POST.
"""

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "worker-src": "'self'",
    "connect-src": "'self'",
    # The editor writes style sheets and style attributes while it runs.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
SAFETY = {  # and what is on every answer (app/safety.py)
    "content-security-policy": "; ".join(f"{what} {whence}" for what, whence in POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
SIGN_IN_AS = {"player": "CUSTOMER", "supervisor": "SUPERVISOR"}
"""As what those sign in whose demo sign-ins have a password; the others are operators."""
FOR_EVER = "public, max-age=31536000, immutable"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}


class Page:
    """The built page, and in development the demo sign-ins beside it.

    Args:
        sign_ins: The file of demo sign-ins, in development alone.
        built: Where the page was built.
    """

    def __init__(self, sign_ins: Path | None = None, built: Path = BUILT) -> None:
        self._sign_ins = sign_ins
        self._built = built

    def routes(self) -> list[Route]:
        """Return the routes of what belongs to the page; the page itself is where GraphQL is."""
        routes = [Route(f"{PATH}/assets/{{name}}", self.asset)]
        if self._sign_ins is not None:
            routes.append(Route(DEMO_PATH, self.demo))
        return routes

    async def respond(self, request: Request) -> Response:
        """Answer with the page, or say how it is built."""
        headers = {**SAFETY, **FRESH, "vary": "accept"}
        try:
            html = (self._built / "index.html").read_text(encoding="utf-8")
        except FileNotFoundError:
            return PlainTextResponse(NOT_BUILT, 503, headers)
        if self._sign_ins is not None and _from_this_machine(request):
            html = html.replace("</head>", f'<link rel="demo-sign-ins" href="{DEMO_PATH}"></head>')
        return HTMLResponse(html, headers=headers)

    async def asset(self, request: Request) -> Response:
        """Answer with one built file, compressed where the caller reads that."""
        path = self._built / "assets" / request.path_params["name"]
        media_type = MEDIA_TYPES.get(path.suffix)
        if media_type is None or not path.is_file():
            return PlainTextResponse("Not found", 404, {**SAFETY, **FRESH})
        headers = {**SAFETY, "cache-control": FOR_EVER, "vary": "accept-encoding"}
        compressed = path.with_name(f"{path.name}.gz")
        if "gzip" in request.headers.get("accept-encoding", "") and compressed.is_file():
            headers["content-encoding"] = "gzip"
            path = compressed
        return FileResponse(path, headers=headers, media_type=media_type)

    async def demo(self, request: Request) -> Response:
        """Answer with who one can be, to this machine alone."""
        assert self._sign_ins is not None  # noqa: S101 - the route is laid only then
        if not _from_this_machine(request):
            return PlainTextResponse("Not found", 404, {**SAFETY, **FRESH})
        kept = json.loads(self._sign_ins.read_text(encoding="utf-8"))
        return JSONResponse(_shown(kept), headers={**SAFETY, **FRESH})


def _from_this_machine(request: Request) -> bool:
    """Whether the caller is on loopback, and called by a name of it.

    The name matters: a page elsewhere may have its own name lead to this machine.
    """
    name = request.url.hostname or ""
    return _is_loopback(request.client.host if request.client else "") and (
        name == "localhost" or _is_loopback(name)
    )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _shown(kept: dict[str, str]) -> dict[str, object]:
    """Make one-click sign-ins, and ids for the examples, of what is kept beside the database."""
    sign_ins: list[dict[str, str]] = []
    ids: dict[str, str] = {}
    for name, value in kept.items():
        if name.endswith("_email"):
            who = name.removesuffix("_email")
            sign_ins.append(
                {
                    "label": _worded(who),
                    "as": SIGN_IN_AS.get(who, "OPERATOR"),
                    "email": value,
                    "password": kept[f"{who}_password"],
                }
            )
        elif name.endswith("_api_key"):
            sign_ins.append({"label": _worded(name.removesuffix("_api_key")), "apiKey": value})
        elif name.endswith("_id"):
            # `player_account_id` fills in `accountId`, `draw_id` fills in `drawId`.
            ids[f"{name.split('_')[-2]}Id"] = value
    return {"signIns": sign_ins, "ids": ids}


def _worded(name: str) -> str:
    return name.replace("_", " ").capitalize()
