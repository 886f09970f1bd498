"""Runs operations on a Strawberry schema.

graphql-core is called directly: Strawberry's own ``Schema.execute`` sets up extensions and
middleware on every request, which costs more than running a short operation does.
"""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from inspect import isawaitable
from typing import Any, NotRequired, TypedDict, TypeGuard, cast

from graphql import ExecutionResult, Executor, OperationType
from graphql.execution import (
    create_source_event_stream,
    execute_root_selection_set,
    execute_subscription_event,
    map_source_to_response_event,
)
from strawberry import Schema
from strawberry.execution.is_awaitable import optimized_is_awaitable

from app.transport.deadline import Deadline, Late
from app.transport.documents import Document, Documents
from app.transport.errors import (
    BAD_USER_INPUT,
    INTROSPECTION_DISABLED,
    Overdue,
    Refused,
    WireError,
    expose,
    refusal,
    refused,
)
from app.transport.limits import Limits, Measure, check_variables
from app.transport.prepared import Arguments, Plan, Unfit, prepare
from app.transport.trusted import is_hash

_MAX_VARIABLE_ERRORS = 10
_PERSISTED_QUERY = "persistedQuery"
_OVERDUE = "The operation took too long, and was given up"
_OVERDUE_MUTATION = (
    "The operation took too long. What it asks for may have been done all the same: ask again, "
    "with the same idempotency key"
)
_IsAwaitable = Callable[[object], TypeGuard[Awaitable[object]]]


class Request(TypedDict):
    """What a client asks to run, well formed but not yet looked at: a text, a hash, or both."""

    query: str | None
    hash: str | None
    variables: dict[str, object] | None
    operation_name: str | None


class Answer(TypedDict):
    """A GraphQL response, or one event of a subscription."""

    errors: NotRequired[list[WireError]]
    data: dict[str, object] | None
    extensions: dict[str, object]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that was admitted: valid, within the limits, its variables coerced."""

    kind: OperationType
    name: str | None
    cost: int
    trusted: bool
    executor: Executor[Any] | None = None
    """What runs it, where it was not prepared; and what opens a subscription."""
    plan: Plan | None = None
    arguments: Arguments = field(default_factory=list)


def read_request(parameters: object) -> Request:
    """Check the outer form of a request, the same for HTTP and sockets.

    Raises:
        Refused: when a member is missing or of the wrong type.
    """
    if isinstance(parameters, list):
        raise refusal("Batches are not served: send one operation a request", BAD_USER_INPUT)
    if not isinstance(parameters, Mapping):
        raise refusal("The request must be a JSON object", BAD_USER_INPUT)
    name_of_document = _read_hash(parameters.get("extensions"))
    query = parameters.get("query")
    if not isinstance(query, str) and (query is not None or name_of_document is None):
        raise refusal("`query` must be a string", BAD_USER_INPUT)
    variables = parameters.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise refusal("`variables` must be an object", BAD_USER_INPUT)
    name = parameters.get("operationName")
    if name is not None and not isinstance(name, str):
        raise refusal("`operationName` must be a string", BAD_USER_INPUT)
    return {
        # Some clients cannot leave it out.
        "query": None if query == "" and name_of_document else query,
        "hash": name_of_document,
        "variables": variables,
        "operation_name": name or None,
    }


def _read_hash(extensions: object) -> str | None:
    """Return the hash that a request names its document by, if it does."""
    if not isinstance(extensions, dict | None):
        raise refusal("`extensions` must be an object", BAD_USER_INPUT)
    persisted = (extensions or {}).get(_PERSISTED_QUERY)
    if persisted is None:
        return None
    found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not is_hash(found) or persisted.get("version") != 1:
        raise refusal("`persistedQuery` must have version 1 and a sha256Hash", BAD_USER_INPUT)
    return str(found)


class Engine:
    """Admits requests and runs them.

    Raises:
        ValueError: when the schema has Strawberry extensions or operation directives, which
            would silently not run here.
        BadRegistry: when a trusted document is not fit.
    """

    def __init__(
        self, schema: Schema, limits: Limits, *, suggestions: bool, trusted: Iterable[str] = ()
    ) -> None:
        if schema.extensions or schema.directives:
            raise ValueError("Schema extensions and operation directives are not run here")
        self._schema = schema
        self._graphql = schema._schema  # noqa: SLF001  Strawberry has no public name for it
        self._limits = limits
        self._deadline = Deadline(limits.operation_seconds)
        self._suggestions = suggestions
        self.documents = Documents(
            self._graphql,
            limits,
            suggestions=suggestions,
            trusted=trusted,
            prepare=partial(prepare, self._graphql, schema.config),
        )

    def effort(self, request: Request) -> int:
        """How many units of the caller's rate it takes to read a request."""
        text = request["query"]
        if text is None or text in self.documents:
            return 1
        return 1 + len(text) // self._limits.characters_per_unit

    def admit(
        self, request: Request, *, trusted_only: bool = False, introspection: bool = True
    ) -> Operation:
        """Parse, validate, measure and coerce; nothing of the application runs.

        Args:
            request: What is asked.
            trusted_only: Whether a document that is not trusted is refused.
            introspection: Whether such a document may ask for the schema.

        Raises:
            Refused: with what is wrong with the request.
        """
        variables = request["variables"]
        if variables:
            check_variables(variables, self._limits)
        document = self.documents.find(request["query"], request["hash"], trusted_only=trusted_only)
        chosen = document.choose(request["operation_name"])
        name = chosen.name.value if chosen.name else None
        plan = self.documents.plan(document, chosen)
        arguments: Arguments = []
        if plan is not None:
            try:
                arguments = plan.read(variables or {})
            except Unfit:
                plan = None
        if plan is not None and chosen.operation is not OperationType.SUBSCRIPTION:
            found = self.documents.admit(document, chosen, {**plan.defaults, **(variables or {})})
            _check_shown(found, document, introspection=introspection)
            return Operation(
                chosen.operation, name, found.cost, document.trusted, None, plan, arguments
            )
        executor = self._schema.execution_context_class.build(
            self._graphql,
            document.node,
            raw_variable_values=variables,
            operation_name=request["operation_name"],
            max_coercion_errors=_MAX_VARIABLE_ERRORS,
            is_awaitable=cast("_IsAwaitable", optimized_is_awaitable),
            hide_suggestions=not self._suggestions,
        )
        if isinstance(executor, list):
            raise refused(executor, BAD_USER_INPUT)
        found = self.documents.admit(document, chosen, executor.variable_values.coerced)
        _check_shown(found, document, introspection=introspection)
        return Operation(
            chosen.operation, name, found.cost, document.trusted, executor, plan, arguments
        )

    async def execute(self, operation: Operation, context: object) -> Answer:
        """Run a query or a mutation. Its errors are in the answer; nothing is raised for them.

        Raises:
            Overdue: It took too long. A command that the desk has taken is done all the same.
        """
        try:
            return _answer(await self._deadline.keep(_run(operation, context)), operation)
        except Late:
            is_mutation = operation.kind is OperationType.MUTATION
            raise Overdue(_OVERDUE_MUTATION if is_mutation else _OVERDUE) from None

    async def subscribe(
        self, operation: Operation, make_context: Callable[[], object]
    ) -> AsyncGenerator[Answer, None]:
        """Run a subscription. Each event gets a context of its own, so it reads fresh data.

        Raises:
            Refused: when the stream could not be opened.
            Overdue: when that took too long.
            Exception: whatever broke the stream later; it is over then.
        """
        executor = operation.executor
        assert executor is not None  # noqa: S101 - subscriptions always have one
        executor.context_value = make_context()

        source = create_source_event_stream(executor)
        if isawaitable(source):
            try:
                source = await self._deadline.keep(source)
            except Late:
                raise Overdue(_OVERDUE) from None
        if isinstance(source, ExecutionResult):
            raise Refused([expose(error) for error in source.errors or ()])
        results = _results(operation, executor, source, make_context)
        async with aclosing(results):
            async for result in results:
                yield _answer(result, operation)


def _check_shown(found: Measure, document: Document, *, introspection: bool) -> None:
    if found.introspects and not (introspection or document.trusted):
        raise refusal("The schema is not shown to you", INTROSPECTION_DISABLED)


async def _run(operation: Operation, context: object) -> ExecutionResult:
    if operation.plan is not None:
        return await operation.plan.run(context, operation.arguments)
    assert operation.executor is not None  # noqa: S101 - one of the two
    operation.executor.context_value = context
    result = execute_root_selection_set(operation.executor)
    return await result if isawaitable(result) else result


async def _results(
    operation: Operation,
    executor: Executor[Any],
    source: AsyncIterable[object],
    make_context: Callable[[], object],
) -> AsyncGenerator[ExecutionResult, None]:
    """Show each event of a stream, with a context of its own."""
    plan = operation.plan
    if plan is not None and isinstance(source, AsyncGenerator):
        async with aclosing(source):
            async for happened in source:
                yield await plan.run(make_context(), operation.arguments, happened)
        return

    def run_event(event: Executor[Any]) -> Awaitable[ExecutionResult] | ExecutionResult:
        event.context_value = make_context()
        return execute_subscription_event(event)

    async with aclosing(map_source_to_response_event(executor, source, run_event)) as results:
        async for result in results:
            yield result


def _answer(result: ExecutionResult, operation: Operation) -> Answer:
    answer: Answer = {"data": result.data, "extensions": {"cost": operation.cost}}
    if result.errors:
        answer["errors"] = [expose(error) for error in result.errors]
    return answer
