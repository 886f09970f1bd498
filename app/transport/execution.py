"""Runs operations on a Strawberry schema.

graphql-core is called directly: Strawberry's own ``Schema.execute`` sets up extensions and
middleware on every request, which costs more than running a short operation does.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
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

from app.transport.documents import Documents
from app.transport.errors import BAD_USER_INPUT, Refused, WireError, expose, refusal, refused
from app.transport.limits import Limits, check, check_shape

_MAX_VARIABLE_ERRORS = 10
_IsAwaitable = Callable[[object], TypeGuard[Awaitable[object]]]


class Request(TypedDict):
    """What a client asks to run, well formed but not yet looked at."""

    query: str
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
    executor: Executor[Any]


def read_request(parameters: object) -> Request:
    """Check the outer form of a request, the same for HTTP and sockets.

    Raises:
        Refused: when a member is missing or of the wrong type.
    """
    if isinstance(parameters, list):
        raise refusal("Batches are not served: send one operation a request", BAD_USER_INPUT)
    if not isinstance(parameters, Mapping):
        raise refusal("The request must be a JSON object", BAD_USER_INPUT)
    query = parameters.get("query")
    if not isinstance(query, str):
        raise refusal("`query` must be a string", BAD_USER_INPUT)
    variables = parameters.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise refusal("`variables` must be an object", BAD_USER_INPUT)
    name = parameters.get("operationName")
    if name is not None and not isinstance(name, str):
        raise refusal("`operationName` must be a string", BAD_USER_INPUT)
    if not isinstance(parameters.get("extensions"), dict | None):
        raise refusal("`extensions` must be an object", BAD_USER_INPUT)
    return {"query": query, "variables": variables, "operation_name": name or None}


class Engine:
    """Admits requests and runs them.

    Raises:
        ValueError: when the schema has Strawberry extensions or operation directives, which
            would silently not run here.
    """

    def __init__(self, schema: Schema, limits: Limits, *, suggestions: bool) -> None:
        if schema.extensions or schema.directives:
            raise ValueError("Schema extensions and operation directives are not run here")
        self._schema = schema
        self._graphql = schema._schema  # noqa: SLF001  Strawberry has no public name for it
        self._limits = limits
        self._suggestions = suggestions
        self.documents = Documents(self._graphql, limits, suggestions=suggestions)

    def admit(self, request: Request) -> Operation:
        """Parse, validate, measure and coerce; nothing of the application runs.

        Raises:
            Refused: with what is wrong with the request.
        """
        document = self.documents.get(request["query"])
        chosen = document.choose(request["operation_name"])
        executor = self._schema.execution_context_class.build(
            self._graphql,
            document.node,
            raw_variable_values=request["variables"],
            operation_name=request["operation_name"],
            max_coercion_errors=_MAX_VARIABLE_ERRORS,
            is_awaitable=cast("_IsAwaitable", optimized_is_awaitable),
            hide_suggestions=not self._suggestions,
        )
        if isinstance(executor, list):
            raise refused(executor, BAD_USER_INPUT)
        found = self.documents.measure(document, chosen, executor.variable_values.coerced)
        check_shape(found, chosen.operation, self._limits)
        check("cost", found.cost, self._limits.cost)
        name = chosen.name.value if chosen.name else None
        return Operation(chosen.operation, name, found.cost, executor)

    async def execute(self, operation: Operation, context: object) -> Answer:
        """Run a query or a mutation. Its errors are in the answer; nothing is raised for them."""
        operation.executor.context_value = context
        result = execute_root_selection_set(operation.executor)
        return _answer(await result if isawaitable(result) else result, operation)

    async def subscribe(
        self, operation: Operation, make_context: Callable[[], object]
    ) -> AsyncGenerator[Answer, None]:
        """Run a subscription. Each event gets a context of its own, so it reads fresh data.

        Raises:
            Refused: when the stream could not be opened.
            Exception: whatever broke the stream later; it is over then.
        """
        executor = operation.executor
        executor.context_value = make_context()

        def run_event(event: Executor[Any]) -> Awaitable[ExecutionResult] | ExecutionResult:
            event.context_value = make_context()
            return execute_subscription_event(event)

        source = create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise Refused([expose(error) for error in source.errors or ()])
        events = map_source_to_response_event(executor, source, run_event)
        async with aclosing(events):
            async for result in events:
                yield _answer(result, operation)


def _answer(result: ExecutionResult, operation: Operation) -> Answer:
    answer: Answer = {"data": result.data, "extensions": {"cost": operation.cost}}
    if result.errors:
        answer["errors"] = [expose(error) for error in result.errors]
    return answer
