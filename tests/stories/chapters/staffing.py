"""The people of the house: invited, given roles, held to them, written down: part of L20."""

import secrets

from gql import Client, GraphQLRequest
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

from tests.stories import documents as ask
from tests.stories.callers import ANSWER_S, Caller, Data
from tests.stories.telling import Telling, Unexpected

SOCKET_FORBIDDEN = 4403
"""With which a socket is closed whose credentials are not what they were."""


async def the_staff(story: Telling) -> None:
    """Have an operator and a supervisor come, act, be held to what they may, and go."""
    story.teller.chapter("The people of the house")
    risk = await role_named(story, "Risk")
    operator_id, operator = await come(story, "OPERATOR", risk)
    supervisor_id, supervisor = await come(story, "SUPERVISOR")
    await held_to_their_role(story, operator, operator_id)
    await a_role_that_is_taken(story, operator, operator_id)
    await reading_alone(story, supervisor)
    for member_id in (operator_id, supervisor_id):
        gone = await story.done(
            "deactivateStaff",
            story.operator,
            ask.DEACTIVATE_STAFF,
            idempotencyKey=story.fresh(),
            memberId=member_id,
            reason="The story is over",
        )
        story.expect(gone["member"]["standing"], "DEACTIVATED", "who has gone")
    await forbidden(story, "UNAUTHENTICATED", operator, ask.VIEWER)
    story.teller.step("Both are deactivated", "what they were signed in with opens nothing more")


async def role_named(story: Telling, name: str) -> str:
    """Return the id of one of the roles that are there from the beginning."""
    roles = (await story.operator.ask(ask.ROLES))["edges"]
    found = [edge["node"]["id"] for edge in roles if edge["node"]["name"] == name]
    story.expect(len(found), 1, f"how many roles are named {name}")
    return str(found[0])


async def come(story: Telling, kind: str, *role_ids: str) -> tuple[str, Caller]:
    """Have somebody invited, who sets a password and signs in; return their id and who calls."""
    name = f"{kind.lower()}-{story.run}"
    invited = await story.done(
        "inviteStaff",
        story.operator,
        ask.INVITE_STAFF,
        idempotencyKey=story.fresh(),
        kind=kind,
        name=name,
        email=f"{name}@story.invalid",
        roleIds=role_ids,
        reason="To tell the story",
    )
    who = {"email": f"{name}@story.invalid", "password": secrets.token_urlsafe(16), "as": kind}
    nobody = await story.caller("nobody")
    too_early = await nobody.do(ask.SIGN_IN, **who)
    story.expect(too_early.get("code"), "SIGN_IN_FAILED", "a sign-in without a password")
    await story.done(
        "acceptInvitation",
        nobody,
        ask.ACCEPT_INVITATION,
        idempotencyKey=story.fresh(),
        code=invited["oneTimeCode"],
        password=who["password"],
    )
    signed_in = await story.done("signIn", nobody, ask.SIGN_IN, **who)
    story.expect(signed_in["personId"], invited["member"]["id"], "who signed in")
    caller = await story.caller(name, token=signed_in["token"])
    viewer = await caller.ask(ask.VIEWER)
    story.teller.step(
        f"An administrator invites the {kind.lower()}, who comes and signs in",
        f"{viewer['standing']}: {', '.join(viewer['permissions'])}",
    )
    return str(invited["member"]["id"]), caller


async def held_to_their_role(story: Telling, operator: Caller, operator_id: str) -> None:
    """Do what the role permits and what it does not, and find both in the audit log."""
    whose = {"accountId": story.player.account_id}
    for name, document in (
        ("freezeAccount", ask.FREEZE_ACCOUNT),
        ("unfreezeAccount", ask.UNFREEZE_ACCOUNT),
    ):
        await story.done(name, operator, document, idempotencyKey=story.fresh(), **whose)
    story.teller.step("The operator freezes the account, and lets it go", "as their role permits")
    given = {"name": "PRIZE_CLAIM_DAYS", "value": "1"}
    await forbidden(story, "FORBIDDEN", operator, ask.SET_PARAMETER, input=given)
    log = await story.operator.pages(ask.AUDIT_LOG, size=2, filter={"actorId": operator_id})
    found = [(entry["action"], entry["outcome"], entry["code"]) for entry in log]
    story.expect(
        found,
        [
            ("setParameter", "REFUSED", "FORBIDDEN"),
            ("unfreezeAccount", "ALLOWED", None),
            ("freezeAccount", "ALLOWED", None),
            ("signIn", "ALLOWED", None),
            ("acceptInvitation", "ALLOWED", None),
            ("signIn", "REFUSED", "SIGN_IN_FAILED"),
        ],
        "what the audit log has of the operator",
    )
    story.expect(log[2]["object"], {"id": story.player.account_id}, "what was frozen")
    story.expect(log[2]["actor"], {"id": operator_id}, "who froze it")
    story.teller.step("They set a parameter, which it does not", "FORBIDDEN; all is in the log")


async def a_role_that_is_taken(story: Telling, operator: Caller, operator_id: str) -> None:
    """Take the operator's role while their socket is open."""
    transport = WebsocketsTransport(
        "ws" + operator.url.removeprefix("http"),
        init_payload=operator.credentials,
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        connect_timeout=ANSWER_S,
        connect_args={"proxy": None},
    )
    position = GraphQLRequest(ask.LEDGER_POSITION)
    async with Client(transport=transport, execute_timeout=ANSWER_S) as socket:
        await socket.execute(position)
        await story.done(
            "changeStaffRoles",
            story.operator,
            ask.CHANGE_STAFF_ROLES,
            idempotencyKey=story.fresh(),
            memberId=operator_id,
            roleIds=[],
            reason="They look after something else now",
        )
        try:
            await socket.execute(position)
        except TransportQueryError as error:
            story.expect(code_of(error), "FORBIDDEN", "the next operation on the same socket")
        except TransportConnectionFailed as error:
            # The socket is closed within a second, which may be sooner than it is asked.
            cause = error.__cause__
            closed = cause.rcvd.code if isinstance(cause, ConnectionClosed) and cause.rcvd else None
            story.expect(closed, SOCKET_FORBIDDEN, "how the socket was closed")
        else:
            raise Unexpected("the socket lets through what nobody may any more")
    given = {"idempotencyKey": story.fresh(), "accountId": story.player.account_id}
    await forbidden(story, "FORBIDDEN", operator, ask.FREEZE_ACCOUNT, input=given)
    story.expect(
        await operator.ask(ask.ACCOUNT, id=story.player.account_id), None, "the account for them"
    )
    await story.check(story.player, "player")
    story.teller.step(
        "Their role is taken while their socket is open",
        "it is FORBIDDEN to go on with it, and the account is out of their sight",
    )


async def reading_alone(story: Telling, supervisor: Caller) -> None:
    """Have the supervisor read, prove, and move nothing."""
    (position,) = [
        each for each in await supervisor.ask(ask.LEDGER_POSITION) if each["currency"] == "CNY"
    ]
    check = await supervisor.ask(ask.LEDGER_CHECK)
    story.expect((position["isBalanced"], check["isSound"]), (True, True), "the books")
    log = (await supervisor.ask(ask.AUDIT_LOG, first=5))["edges"]
    story.expect(len(log), 5, "how much of the audit log they were shown")
    story.teller.step(
        "The supervisor reads position, check and audit log",
        f"{position['atBank']['formatted']} at the bank, {check['entries']} entries, all sound",
    )
    key, whose = {"idempotencyKey": story.fresh()}, {"accountId": story.player.account_id}
    moves: list[tuple[str, Data]] = [
        (ask.FREEZE_ACCOUNT, {**key, **whose}),
        (ask.SUSPEND_PARTNER, {**key, "partnerId": story.platform_id}),
        (ask.SET_PARAMETER, {"name": "PRIZE_CLAIM_DAYS", "value": "1"}),
    ]
    for document, given in moves:
        await forbidden(story, "FORBIDDEN", supervisor, document, input=given)
    await story.check(story.player, "player")
    story.teller.step("They freeze, suspend, set a parameter", "FORBIDDEN, and nothing has moved")


async def forbidden(
    story: Telling, code: str, caller: Caller, document: str, /, **variables: object
) -> None:
    """Ask for something that the caller may not, and expect to be told so."""
    try:
        await caller.ask(document, **variables)
    except TransportQueryError as error:
        story.expect(code_of(error), code, f"what {caller.name} is told")
    except TransportServerError as error:
        story.expect((error.code, code), (401, "UNAUTHENTICATED"), f"what {caller.name} is told")
    else:
        raise Unexpected(f"{caller.name} was let through")


def code_of(error: TransportQueryError) -> str:
    """Return the code of an answer's only error."""
    (told,) = error.errors or []
    return str(told["extensions"]["code"])
