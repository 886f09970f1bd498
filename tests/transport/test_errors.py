"""What is told about errors, what is masked, and what is never echoed."""

from unittest.mock import ANY

import pytest
import structlog.testing

from tests.transport.server import SECRET, Served, serve

pytestmark = pytest.mark.asyncio(loop_scope="package")

SIGN_IN = "query($input: SignIn!) { signIn(input: $input) }"


@pytest.mark.parametrize("field", ["broken", "brokenWithoutCode"])
async def test_our_own_faults_are_masked_and_logged(served: Served, field: str) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await served.post(f"{{ hello {field} }}")
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert answer.json()["data"] == {"hello": "world", field: None}
    (error,) = answer.json()["errors"]
    assert (error["message"], error["path"]) == ("Internal fault", [field])
    assert error["locations"] == [{"line": 1, "column": 9}]
    (logged,) = logs
    assert error["extensions"] == {
        "code": "INTERNAL_FAULT",
        "faultId": logged["fault_id"],
        "requestId": answer.headers["x-request-id"],
    }
    assert SECRET in str(logged["exc_info"])
    assert logged["exc_info"].__traceback__ is not None


async def test_errors_with_a_code_are_meant_for_the_caller(served: Served) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await served.post("{ meant }")
    (error,) = answer.json()["errors"]
    assert (error["message"], error["extensions"]) == ("Too poor", {"code": "INSUFFICIENT"})
    assert not logs


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"password": SECRET},
            " at .password: Int cannot represent non-integer value",
        ),
        (
            {"password": None},
            " at .password: Expected value of non-null type 'Int!' not to be None",
        ),
        (
            {"colors": [SECRET]},
            ": Expected value of type 'SignIn' to include required field 'password'",
        ),
        (
            {"password": 1, "colors": ["RED", SECRET]},
            " at .colors[1]: Value does not exist in 'Color' enum",
        ),
        (
            {"password": 1, "pin": SECRET},
            ": Expected value of type 'SignIn' not to include unknown field 'pin'",
        ),
        (
            SECRET,
            ": Expected value of type 'SignIn' to be an object",
        ),
        (
            None,
            ": Expected value of non-null type 'SignIn!' not to be None",
        ),
    ],
)
async def test_variables_are_refused_without_echoing_them(
    served: Served, given: object, message: str
) -> None:
    answer = await served.post(SIGN_IN, variables={"input": given})
    assert answer.status_code == 400
    assert SECRET not in answer.text
    assert answer.json()["errors"][0]["message"] == (
        f"Variable '$input' has invalid value{message}"
    )
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "query",
    [
        f'{{ signIn(input: {{password: "{SECRET}"}}) }}',
        f'{{ echo(text: "a" "{SECRET}") }}',
        f'{{ echo(text: """a""" """{SECRET}""") }}',
        f'query($p: Int = "{SECRET}") {{ echo(text: "", number: $p) }}',
        f'{{ byId(id: "{SECRET}") }}',
    ],
)
async def test_values_in_the_document_are_not_echoed(served: Served, query: str) -> None:
    answer = await served.post(query)
    assert answer.json()["errors"][0]["message"]
    assert SECRET not in answer.text


async def test_a_scalar_may_explain_itself(served: Served) -> None:
    as_variable = "query($n: Even!) { even(number: $n) }"
    for answer in (
        await served.post("{ even(number: 1) }"),
        await served.post(as_variable, variables={"n": 1}),
    ):
        assert answer.json()["errors"][0]["message"].endswith("Give an even number")
    for answer in (
        await served.post(f'{{ even(number: "{SECRET}") }}'),
        await served.post(as_variable, variables={"n": SECRET}),
    ):
        message = answer.json()["errors"][0]["message"]
        assert message.endswith("Expected value of type 'Even'")
    assert (await served.post("{ even(number: 2) }")).json()["data"] == {"even": 2}


async def test_bad_ids_and_late_arguments_are_the_callers(served: Served) -> None:
    for answer in (
        await served.post('{ byId(id: "nonsense") }'),
        await served.post(
            "query($n: Int = 1) { hello echo(text: $t, number: $n) }".replace("$t", '"x"'),
            variables={"n": None},
        ),
    ):
        assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_names_are_suggested_only_when_asked_for() -> None:
    for suggestions in (False, True):
        async with serve(suggestions=suggestions) as served:
            answers = [
                await served.post("{ helo }"),
                await served.post('{ echo(txt: "x") }'),
                await served.post("{ ... on Iten { name } }"),
            ]
            for answer in answers:
                told = str(answer.json()["errors"])
                assert ("Did you mean" in told) is suggestions


async def test_faults_in_a_stream_are_masked(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        with structlog.testing.capture_logs() as logs:
            await socket.subscribe("1", "subscription { breaks }")
            assert (await socket.receive())["payload"]["data"] == {"breaks": 1}
            last = await socket.receive()
        assert (last["id"], last["type"]) == ("1", "error")
        (error,) = last["payload"]
        assert error["message"] == "Internal fault"
        assert error["extensions"] == {
            "code": "INTERNAL_FAULT",
            "faultId": logs[0]["fault_id"],
            "requestId": ANY,
        }
        await socket.subscribe("2", "subscription { events { fault } }")
        event = await socket.receive()
        assert event["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL_FAULT"
        assert SECRET not in str((last, event))


async def test_a_stream_may_end_with_an_error_that_is_meant(served: Served) -> None:
    async with served.socket() as socket:
        await socket.start()
        await socket.subscribe("1", "subscription { overflows }")
        await socket.receive()
        last = await socket.receive()
        assert last["payload"] == [{"message": "Too slow", "extensions": {"code": "SLOW_READER"}}]
