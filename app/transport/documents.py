"""Documents parsed and validated once, kept by their text."""

from collections import OrderedDict
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from app.transport.errors import (
    BAD_USER_INPUT,
    PARSE_FAILED,
    VALIDATION_FAILED,
    refusal,
    refused,
)
from app.transport.limits import Limits, Measure, exceeded, measure

_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
_BYTES_PER_TOKEN = 500
"""Of the tree that a token becomes; measured, and what the bound on memory rests on."""


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document, and what its operations ask for."""

    node: DocumentNode
    operations: dict[str | None, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]
    weight_bytes: int
    measures: dict[str | None, Measure] = field(default_factory=dict)

    def choose(self, name: str | None) -> OperationDefinitionNode:
        """The operation of that name, or the only one when there is no name.

        Raises:
            Refused: when there is none, or more than one and no name.
        """
        if name is None and len(self.operations) > 1:
            raise refusal("The document has several operations: name one", BAD_USER_INPUT)
        for known, operation in self.operations.items():
            if name in {None, known}:
                return operation
        raise refusal("The document has no such operation", BAD_USER_INPUT)


class Documents:
    """Parses and validates; keeps what passed, least recently used first to go."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, suggestions: bool) -> None:
        self._schema = schema
        self._limits = limits
        self._suggestions = suggestions
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._kept_bytes = 0

    def __len__(self) -> int:
        """How many documents are kept."""
        return len(self._kept)

    def get(self, text: str) -> Document:
        """The document of a text.

        Raises:
            Refused: when it has too many tokens, does not parse, or is not valid.
        """
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
            return document
        document = self._read(text)
        self._kept[text] = document
        self._kept_bytes += document.weight_bytes
        while (
            len(self._kept) > self._limits.cached_documents
            or self._kept_bytes > self._limits.cached_bytes
        ):
            _, gone = self._kept.popitem(last=False)
            self._kept_bytes -= gone.weight_bytes
        return document

    def measure(
        self, document: Document, operation: OperationDefinitionNode, variables: dict[str, object]
    ) -> Measure:
        """What an operation asks for with these variables; walked again only if they matter."""
        name = operation.name.value if operation.name else None
        known = document.measures.get(name)
        if known is not None and not known.varies:
            return known
        found = measure(
            self._schema, operation, document.fragments, variables, self._limits.default_page
        )
        document.measures[name] = found
        return found

    def _read(self, text: str) -> Document:
        maximum = self._limits.tokens
        try:
            node = parse(text, max_lexical_tokens=maximum, max_comments=maximum)
        except GraphQLSyntaxError as error:
            for counted in ("tokens", "comments"):
                if error.message.startswith(
                    f"Syntax Error: Document contains more than {maximum} {counted}"
                ):
                    raise exceeded(counted, maximum + 1, maximum) from None
            raise refused([error], PARSE_FAILED) from None
        errors = validate(self._schema, node, _RULES, hide_suggestions=not self._suggestions)
        if errors:
            raise refused(errors, VALIDATION_FAILED)
        return Document(
            node,
            {
                definition.name.value if definition.name else None: definition
                for definition in node.definitions
                if isinstance(definition, OperationDefinitionNode)
            },
            {
                definition.name.value: definition
                for definition in node.definitions
                if isinstance(definition, FragmentDefinitionNode)
            },
            len(text) + _BYTES_PER_TOKEN * node.token_count,
        )
