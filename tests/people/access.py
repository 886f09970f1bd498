"""People who can sign in, and what they get by mail."""

import re
from dataclasses import dataclass

from models import Customer
from models.kinds import StaffKind
from services.actors import Actor, ActorKind
from services.mail import Letter
from services.origin import Origin
from services.passwords import hash_password
from services.people.authenticate import authenticate_token
from services.people.send_mails import send_mails
from services.people.sessions import SignedIn
from services.people.sign_in import sign_in
from tests.factories import HouseUnderTest, a_member

EMAIL, PASSWORD, OTHER_PASSWORD = "ming@example.com", "correct horse battery", "an owl on the roof"
PIN, OTHER_PIN = "935182", "706143"

HOME = Origin("203.0.113.7", "Browser 1", "en")
AWAY = Origin("198.51.100.9", "Browser 2", "zh")
THIEF = Origin("192.0.2.66", "curl")

_CODE = re.compile(r"\b[0-9]{8}\b")


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who has signed in: what they hold, and who calls with it."""

    tokens: SignedIn
    actor: Actor


async def a_person(house: HouseUnderTest, email: str = EMAIL, *, proved: bool = True) -> Actor:
    """Put a customer there who signs in with ``PASSWORD``, and whose address is proved."""
    customer = await Customer.create(
        id=house.new_id(),
        email=email,
        password_hash=await hash_password(PASSWORD),
        signed_up_at=house.clock(),
        email_verified_at=house.clock() if proved else None,
    )
    return Actor(ActorKind.CUSTOMER, customer.id)


async def a_colleague(house: HouseUnderTest, kind: StaffKind = StaffKind.OPERATOR) -> str:
    """Put a member of the staff there who signs in with ``PASSWORD``; return their address."""
    member = await a_member(house, kind)
    member.password_hash = await hash_password(PASSWORD)
    await member.save()
    return str(member.email)


async def enter(
    house: HouseUnderTest,
    origin: Origin = HOME,
    *,
    email: str = EMAIL,
    password: str = PASSWORD,
    kind: ActorKind = ActorKind.CUSTOMER,
) -> Entered:
    """Sign in."""
    tokens = await sign_in(house, email, password, kind, origin)
    return Entered(tokens, await authenticate_token(house.clock, tokens.token))


async def mailed(house: HouseUnderTest) -> list[Letter]:
    """Have every mail that is due sent, and return all that ever were."""
    while await send_mails(house):
        pass
    return house.mail.letters


async def last_code(house: HouseUnderTest) -> str:
    """Have mails sent, and return the code in the last one."""
    found = _CODE.search((await mailed(house))[-1].text)
    assert found is not None
    return found[0]
