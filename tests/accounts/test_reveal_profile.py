"""Personal data is shown unmasked for a reason, and it is written down who looked."""

from dataclasses import replace

import pytest

from models import Answer, AuditEntry
from models.kinds import Permission
from services.accounts.reveal_profile import reveal_profile
from services.actors import NOBODY, NotAllowed
from services.refusals import RefusalCode, Refused
from services.vault import Keyring
from tests.factories import (
    HouseUnderTest,
    a_customer,
    a_supervisor,
    a_vault,
    an_account,
    an_identity_number,
    an_operator,
    dump,
    id_of,
    new_id,
)


async def test_shows_all_of_it_and_writes_it_down(house: HouseUnderTest) -> None:
    number = an_identity_number()
    account_id = await an_account(house, await a_customer(house), of=number)
    operator = await an_operator(house, Permission.SEE_PERSONAL_DATA)
    before = await dump()
    shown = await reveal_profile(house, operator, account_id, "a court order")
    assert (shown.name, shown.identity_number, shown.phone) == (
        "Zhang Wei",
        number,
        "+8613800000000",
    )
    entry = await AuditEntry.get(action="revealProfile")
    assert (entry.principal, entry.object_id) == (f"operator:{id_of(operator)}", account_id)
    assert (entry.outcome, entry.reason) == ("ALLOWED", "a court order")
    assert await dump() == before
    assert number not in repr(shown)
    assert number not in repr(await Answer.all().values())


async def test_what_is_not_there_is_written_down_too(house: HouseUnderTest) -> None:
    operator, missing = await an_operator(house), new_id()
    with pytest.raises(Refused) as caught:
        await reveal_profile(house, operator, missing, "curiosity")
    assert caught.value.refusal.code is RefusalCode.NOT_FOUND
    entry = await AuditEntry.get(action="revealProfile")
    assert (entry.outcome, entry.code, entry.object_id) == ("REFUSED", "NOT_FOUND", missing)


async def test_without_its_key_it_says_so(house: HouseUnderTest) -> None:
    account_id = await an_account(house, await a_customer(house))
    operator = await an_operator(house)
    without = replace(house, vault=a_vault(Keyring.fresh("another")))
    with pytest.raises(Refused) as caught:
        await reveal_profile(without, operator, account_id, "a court order")
    assert caught.value.refusal.code is RefusalCode.UNREADABLE
    assert (await AuditEntry.get(action="revealProfile")).code == "UNREADABLE"


async def test_only_for_whom_it_is(house: HouseUnderTest) -> None:
    customer = await a_customer(house)
    account_id = await an_account(house, customer)
    for actor in (
        NOBODY,
        customer,
        await an_operator(house, Permission.SEE_CUSTOMERS),
        await a_supervisor(house),
    ):
        with pytest.raises(NotAllowed):
            await reveal_profile(house, actor, account_id, "a court order")
    assert not await AuditEntry.exists()
