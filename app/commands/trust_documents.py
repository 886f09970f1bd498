"""Make the registry of trusted documents from the front ends' operations.

Each operation in the *.graphql files below the directories becomes a document of its own: the
operation, and after it the fragments that it needs, by name. Its hash is the SHA-256 of that text
as it is printed, which is how a client names it. Every document must be valid for this version of
Coffer and within its limits, or nothing is written.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from graphql import (
    DefinitionNode,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    Node,
    OperationDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from app.settings import Settings
from app.transport import Limits
from app.transport.documents import Documents
from app.transport.errors import Refused
from app.transport.trusted import encode
from resolvers.schema import schema

Fragments = Mapping[str, FragmentDefinitionNode]


class Unfit(Exception):
    """Something in a file cannot be trusted; the message names the file and the reason."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "directory",
        type=Path,
        nargs="+",
        help="a front end's operations; fragments are looked for in the same directory",
    )
    parser.add_argument(
        "--output", type=Path, help="where the registry goes; without it, to standard output"
    )


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Write the registry, or say which operation is not fit."""
    del settings
    try:
        texts = [text for directory in options.directory for text in texts_below(directory)]
    except Unfit as error:
        print(f"not trusted: {error}", file=sys.stderr)
        return 1
    registry = encode(texts)
    if options.output is None:
        sys.stdout.write(registry.decode())
        return 0
    # A server that starts meanwhile reads one registry or the other, never half of one.
    new = options.output.with_name(f"{options.output.name}.new")
    new.write_bytes(registry)
    new.replace(options.output)
    print(f"trusted: {len(set(texts))} documents in {options.output}")
    return 0


def texts_below(directory: Path) -> list[str]:
    """Return the documents of a front end.

    Raises:
        Unfit: One is not valid, asks for too much, or cannot be read; or there is none.
    """
    definitions = [*_definitions_below(directory)]
    fragments: dict[str, FragmentDefinitionNode] = {}
    for path, definition in definitions:
        if isinstance(definition, FragmentDefinitionNode):
            name = definition.name.value
            if fragments.setdefault(name, definition) is not definition:
                raise Unfit(f"{path}: another fragment is called {name}")
    judge = Documents(schema._schema, Limits(), suggestions=True)  # noqa: SLF001  as in the engine
    texts: list[str] = []
    for path, definition in definitions:
        if isinstance(definition, OperationDefinitionNode):
            text = _canonical(definition, fragments)
            try:
                judge.judge(text)
            except Refused as unfit:
                name = definition.name.value if definition.name else "an operation without a name"
                reasons = "; ".join(error["message"] for error in unfit.errors)
                raise Unfit(f"{path}: {name}: {reasons}") from None
            texts.append(text)
    if not texts:
        raise Unfit(f"{directory}: no *.graphql file there has an operation")
    return texts


def _definitions_below(directory: Path) -> Iterator[tuple[Path, DefinitionNode]]:
    for path in sorted(directory.rglob("*.graphql")):
        try:
            document = parse(path.read_text(encoding="utf-8"), no_location=True)
        except UnicodeDecodeError:
            raise Unfit(f"{path}: it is not in UTF-8") from None
        except GraphQLSyntaxError as error:
            at = error.locations[0].line if error.locations else 0
            raise Unfit(f"{path}:{at}: {error.message}") from None
        for definition in document.definitions:
            yield path, definition


def _canonical(operation: OperationDefinitionNode, fragments: Fragments) -> str:
    """Print an operation, and the fragments that it needs by name."""
    needed: dict[str, FragmentDefinitionNode] = {}
    _need(operation, fragments, needed)
    ordered = [needed[name] for name in sorted(needed)]
    return print_ast(DocumentNode(definitions=(operation, *ordered)))


def _need(node: Node, fragments: Fragments, needed: dict[str, FragmentDefinitionNode]) -> None:
    for name in _spread_in(node):
        fragment = fragments.get(name)
        # One that is nowhere is told by validation.
        if fragment is not None and name not in needed:
            needed[name] = fragment
            _need(fragment, fragments, needed)


def _spread_in(node: Node) -> list[str]:
    names: list[str] = []

    class Spreads(Visitor):
        """Collects the names of fragments."""

        def enter_fragment_spread(self, spread: FragmentSpreadNode, *_: object) -> None:
            """Take one."""
            names.append(spread.name.value)

    visit(node, Spreads())
    return names
