"""The registry of trusted documents, from the front ends' files to the server's start."""

import json
from pathlib import Path

import pytest

from app.asgi import create_application
from app.commands import main
from app.settings import Settings
from app.transport import BadRegistry
from app.transport.trusted import decode, encode, hash_of
from services.actors import ActorKind
from tests.stories.coffer import Coffer

WHO = "query Who {\n  viewer {\n    ...Mine\n  }\n}\n\nfragment Mine on Customer {\n  email\n}"
OUT = "mutation Out {\n  signOut {\n    __typename\n  }\n}"
DEEP = """\
query Deep {
  viewer {
    ...Both
  }
}

fragment Both on Viewer {
  ...Theirs
  ...Mine
}

fragment Mine on Customer {
  email
}

fragment Theirs on Partner {
  name
}"""


def written(directory: Path, **files: str) -> str:
    for name, text in files.items():
        file = directory / f"{name}.graphql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return str(directory)


def test_each_operation_becomes_a_document_with_the_fragments_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "below").mkdir()
    directory = written(
        tmp_path,
        asked="""
            # Who am I?
            query Who { viewer { ...Mine } }   mutation Out { signOut { __typename } }
            query Deep { viewer { ...Both } }
        """,
    )
    written(
        tmp_path / "below",
        parts="""
            fragment Mine on Customer { email }
            fragment Both on Viewer { ...Theirs ...Mine }
            fragment Theirs on Partner { name }
            fragment Unused on Partner { name }
        """,
    )
    assert main(["trust-documents", directory]) == 0
    registry = decode(capsys.readouterr().out.encode())
    assert registry == {hash_of(text): text for text in (WHO, OUT, DEEP)}


def test_several_front_ends_share_a_registry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = written(
        tmp_path / "one", a="query Who { viewer { ...Mine } }", b=WHO.partition("\n\n")[2]
    )
    other = written(tmp_path / "other", a=WHO, b="{ viewer { ... on Partner { name } } }")
    output = tmp_path / "registry.json"
    output.write_text("what was there before")
    assert main(["trust-documents", one, other, "--output", str(output)]) == 0
    assert "2 documents" in capsys.readouterr().out
    assert hash_of(WHO) in decode(output.read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "other", "registry.json"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("query A { nonsense }", "bad.graphql: A: Cannot query field 'nonsense'"),
        ("\n\nquery {", "bad.graphql:3: Syntax Error"),
        ("query A { viewer { ...Gone } }", "bad.graphql: A: Unknown fragment 'Gone'"),
        (WHO + "\nfragment Mine on Partner { name }", "another fragment is called Mine"),
        ("fragment Mine on Customer { email }", "no *.graphql file there has an operation"),
        ("type Query { a: Int }", "no *.graphql file there has an operation"),
        (
            "{ draws(first: 100) { edges { node { tickets: id a: id b: id } } } "
            + " ".join(f"a{i}: viewer {{ __typename }}" for i in range(40))
            + "}",
            "Limit exceeded: aliases",
        ),
    ],
)
def test_what_is_not_fit_is_told_with_its_file(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "registry.json"
    directory = written(tmp_path / "front", bad=text)
    assert main(["trust-documents", directory, "--output", str(output)]) == 1
    assert told in capsys.readouterr().err
    assert not output.exists()


def settings(tmp_path: Path, registry: bytes) -> Settings:
    path = tmp_path / "registry.json"
    path.write_bytes(registry)
    return Settings(f"sqlite://{tmp_path}/coffer.db", trusted_documents=path)


def test_a_registry_of_another_version_of_the_schema_stops_the_start(tmp_path: Path) -> None:
    create_application(settings(tmp_path, encode([WHO])))
    for registry, reason in (
        (encode(["{ gone }"]), r"trusted document \w{64}: Cannot query field 'gone'"),
        (json.dumps({"version": 1, "documents": {"a": WHO}}).encode(), "registry.json: 'a' is not"),
    ):
        with pytest.raises(BadRegistry, match=reason):
            create_application(settings(tmp_path, registry))


@pytest.mark.postgres
def test_a_server_without_its_registry_says_so_and_ends(postgres_url: str, redis_url: str) -> None:
    coffer = Coffer(
        {
            "COFFER_DATABASE_URL": postgres_url,
            "COFFER_REDIS_URL": redis_url,
            "COFFER_TRUSTED_DOCUMENTS": "/nowhere/registry.json",
        }
    )
    try:
        ended = coffer.attempt("serve", "--workers", "2")
    finally:
        coffer.close()
    assert ended.returncode == 1
    assert "cannot read /nowhere/registry.json" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_kinds_of_callers_are_read_from_the_settings() -> None:
    environment = {"COFFER_TRUSTED_DOCUMENTS": "a.json", "COFFER_TRUSTED_ONLY": "Customer, nobody,"}
    read = Settings.from_environment(environment)
    assert read.trusted_documents == Path("a.json")
    assert read.trusted_only == {ActorKind.CUSTOMER, ActorKind.NOBODY}
    assert Settings.from_environment({}).trusted_only == frozenset()


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"COFFER_TRUSTED_ONLY": "customer"}, "COFFER_TRUSTED_ONLY needs COFFER_TRUSTED_DOCUMENTS"),
        (
            {"COFFER_TRUSTED_ONLY": "system", "COFFER_TRUSTED_DOCUMENTS": "a"},
            "must name some of customer, nobody, operator, partner, supervisor",
        ),
    ],
)
def test_kinds_that_there_are_not_are_told(environment: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Settings.from_environment(environment)
