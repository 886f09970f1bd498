"""The settings that open Coffer to browsers and to the curious: closed unless told otherwise."""

from pathlib import Path

import pytest

from app.asgi import create_application
from app.settings import CALLERS, Settings
from services.actors import ActorKind


def test_the_settings_are_safe_unless_told_otherwise() -> None:
    usual = Settings.from_environment({})
    assert (usual.allowed_origins, usual.https, usual.suggestions) == ((), False, False)
    assert usual.introspection == CALLERS
    dev = Settings.from_environment({"COFFER_DEV": "1"})
    assert dev.suggestions
    assert dev.introspection == CALLERS


def test_the_settings_are_read() -> None:
    read = Settings.from_environment(
        {
            "COFFER_ALLOWED_ORIGINS": "https://a.example, http://localhost:3000,https://[::1]:1",
            "COFFER_INTROSPECTION": "operator",
            "COFFER_SUGGESTIONS": "1",
        }
    )
    assert read.allowed_origins == ("https://a.example", "http://localhost:3000", "https://[::1]:1")
    assert read.introspection == {ActorKind.OPERATOR}
    assert read.suggestions
    off = Settings.from_environment(
        {"COFFER_DEV": "1", "COFFER_SUGGESTIONS": "0", "COFFER_INTROSPECTION": "none"}
    )
    assert (off.introspection, off.suggestions) == (frozenset(), False)


@pytest.mark.parametrize(
    "given", ["*", "app.example", "https://app.example/", "https://a.example/x", "null", "ftp://a"]
)
def test_an_origin_that_is_none_is_told(given: str) -> None:
    with pytest.raises(ValueError, match="COFFER_ALLOWED_ORIGINS must be like"):
        Settings.from_environment({"COFFER_ALLOWED_ORIGINS": given})


def test_no_page_of_another_site_is_known_by_default(tmp_path: Path) -> None:
    asgi = create_application(Settings(f"sqlite://{tmp_path}/coffer.db")).asgi
    assert asgi.user_middleware == []
