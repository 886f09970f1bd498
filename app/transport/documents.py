"""Documents parsed and validated once, kept by their text.

Trusted documents stand apart: they are read at the start and stay, whatever strangers ask for.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    Undefined,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from app.transport.errors import (
    BAD_USER_INPUT,
    PARSE_FAILED,
    PERSISTED_QUERY_NOT_FOUND,
    TRUSTED_DOCUMENT_REQUIRED,
    VALIDATION_FAILED,
    Refused,
    refusal,
    refused,
)
from app.transport.limits import (
    Limits,
    Measure,
    check,
    check_repeats,
    check_shape,
    exceeded,
    longest_list,
    measure,
)
from app.transport.prepared import NotPrepared, Plan
from app.transport.trusted import BadRegistry, hash_of

_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
_BYTES_PER_TOKEN = 500
"""Of the tree that a token becomes; measured, and what the bound on memory rests on."""
_BYTES_PER_FIELD = 1_500
"""Of a plan's field; measured, as above."""
_MEASURES_MAX = 50
"""Of one document, for different values of its variables."""
_ERRORS_MAX = 20
"""Found by validation before it gives up; each takes it a millisecond."""

Prepare = Callable[[OperationDefinitionNode, Mapping[str, FragmentDefinitionNode]], Plan]
"""Prepares an operation, or raises ``NotPrepared``."""
_Key = tuple[object, ...]
"""An operation's name, and what its cost depends on."""


@dataclass(slots=True)
class Document:
    """A valid document, and what its operations ask for."""

    node: DocumentNode
    operations: dict[str | None, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]
    weight_bytes: int
    trusted: bool
    counted: dict[str | None, tuple[str, ...]] = field(default_factory=dict)
    """The variables that each operation's cost depends on, once it was walked."""
    measures: dict[_Key, Measure] = field(default_factory=dict)
    plans: dict[str | None, Plan | None] = field(default_factory=dict)
    """What was prepared for each operation; None where it cannot be, or not yet."""
    again: bool = False
    """Whether it was asked for more than once."""

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
    """Parses and validates; keeps what passed, least recently used first to go.

    Args:
        schema: What documents are valid against.
        limits: What one may ask for, and how many are kept.
        suggestions: Whether errors suggest names.
        trusted: The texts of the trusted documents.
        prepare: Prepares an operation with its fragments for all who ask for it again.

    Raises:
        BadRegistry: A trusted document is not valid or asks for too much, or they are too many.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        suggestions: bool,
        trusted: Iterable[str] = (),
        prepare: Prepare | None = None,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._suggestions = suggestions
        self._prepare = prepare
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._kept_bytes = 0
        self._trusted: dict[str, Document] = {}
        self._by_hash: dict[str, Document] = {}
        self._trust(trusted)

    def __len__(self) -> int:
        """How many documents are kept that are not trusted."""
        return len(self._kept)

    def __contains__(self, text: str) -> bool:
        """Whether a text was read already."""
        return text in self._trusted or text in self._kept

    def find(self, text: str | None, name: str | None, *, trusted_only: bool) -> Document:
        """The document that a request asks for.

        Args:
            text: Its text, where the request has one.
            name: The hash of a trusted document, where the request has one.
            trusted_only: Whether any other is refused, unread.

        Raises:
            Refused: when there is no such document, this one is not permitted, or it is not fit.
        """
        document = self._by_hash.get(name or "")
        if text is None:
            if document is None:
                raise refusal("No trusted document has this hash", PERSISTED_QUERY_NOT_FOUND)
            return document
        if name is not None and hash_of(text) != name:
            raise refusal("The hash is not that of the document beside it", BAD_USER_INPUT)
        document = document or self._trusted.get(text)
        if document is None and trusted_only:
            raise refusal("Ask with a trusted document", TRUSTED_DOCUMENT_REQUIRED)
        return document or self.get(text)

    def get(self, text: str) -> Document:
        """The document of a text that nobody vouches for.

        Raises:
            Refused: when it has too many tokens, does not parse, or is not valid.
        """
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
            document.again = True
            return document
        document = self._read(text, trusted=False)
        self._kept[text] = document
        self._kept_bytes += document.weight_bytes
        while (
            len(self._kept) > self._limits.cached_documents
            or self._kept_bytes > self._limits.cached_bytes
        ):
            _, gone = self._kept.popitem(last=False)
            self._kept_bytes -= gone.weight_bytes
        return document

    def plan(self, document: Document, operation: OperationDefinitionNode) -> Plan | None:
        """How an operation is run, if that is prepared: once it is trusted, or asked for again."""
        if not (document.trusted or document.again) or self._prepare is None:
            return None
        name = operation.name.value if operation.name else None
        if name not in document.plans:
            document.plans[name] = None
            with suppress(NotPrepared):
                plan = document.plans[name] = self._prepare(operation, document.fragments)
                document.weight_bytes += plan.size * _BYTES_PER_FIELD
                self._kept_bytes += plan.size * _BYTES_PER_FIELD * (not document.trusted)
        return document.plans[name]

    def judge(self, text: str) -> Document:
        """The document of a text that may become trusted: of one operation, within the limits.

        Raises:
            Refused: when it may not.
        """
        document = self._read(text, trusted=True)
        self.admit(document, document.choose(None), {})
        return document

    def admit(
        self, document: Document, operation: OperationDefinitionNode, variables: dict[str, object]
    ) -> Measure:
        """What an operation asks for with these variables, which is within the limits.

        Raises:
            Refused: when it is not.
        """
        found = self._measure(document, operation, variables)
        check_shape(found, operation.operation, self._limits)
        check("cost", found.cost, self._limits.cost)
        return found

    def _measure(
        self, document: Document, operation: OperationDefinitionNode, variables: dict[str, object]
    ) -> Measure:
        """Walk an operation; again only for other values of the variables that count."""
        name = operation.name.value if operation.name else None
        counted = document.counted.get(name)
        key: _Key | None = None
        if counted is not None:
            key = (name, *(_size_of(variables.get(one, Undefined)) for one in counted))
            known = document.measures.get(key)
            if known is not None:
                return known
        found = measure(
            self._schema, operation, document.fragments, variables, self._limits.default_page
        )
        document.counted[name] = found.counted
        if len(document.measures) >= _MEASURES_MAX:
            document.measures.clear()
        if key is not None:
            document.measures[key] = found
        return found

    def _trust(self, texts: Iterable[str]) -> None:
        weight_bytes = 0
        for text in texts:
            name = hash_of(text)
            try:
                document = self.judge(text)
            except Refused as unfit:
                raise BadRegistry(f"trusted document {name}: {unfit}") from None
            weight_bytes += document.weight_bytes
            if weight_bytes > self._limits.trusted_bytes:
                raise BadRegistry("the trusted documents would take too much memory")
            self._trusted[text] = self._by_hash[name] = document

    def _read(self, text: str, *, trusted: bool) -> Document:
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
        check_repeats(node, self._limits)
        errors = validate(
            self._schema,
            node,
            _RULES,
            max_errors=_ERRORS_MAX,
            hide_suggestions=not self._suggestions,
        )
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
            trusted,
        )


def _size_of(value: object) -> object:
    """What of a variable's value the cost depends on."""
    return longest_list(value) if isinstance(value, dict | list) else value
