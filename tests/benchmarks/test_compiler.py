"""The machine's compiler comes first, then the one that comes as a package."""

import importlib.util
import shutil
import sys

import pytest

from benchmarks.compiler import NoCompiler, compiler


@pytest.mark.parametrize(
    ("cc", "package", "command"),
    [
        ("/usr/bin/cc", None, ["/usr/bin/cc"]),
        ("/usr/bin/cc", "ziglang", ["/usr/bin/cc"]),
        (None, "ziglang", [sys.executable, "-m", "ziglang", "cc"]),
    ],
)
def test_the_first_there_is(
    monkeypatch: pytest.MonkeyPatch, cc: str | None, package: str | None, command: list[str]
) -> None:
    monkeypatch.setattr(shutil, "which", {"cc": cc}.get)
    monkeypatch.setattr(importlib.util, "find_spec", {"ziglang": package}.get)
    assert compiler() == command


def test_where_there_is_none_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", {}.get)
    monkeypatch.setattr(importlib.util, "find_spec", {}.get)
    with pytest.raises(NoCompiler, match="make bench"):
        compiler()
