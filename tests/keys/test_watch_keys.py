"""A lost key is noticed before somebody asks for what it sealed."""

import pytest

from models import Profile
from services.keys.watch_keys import KeysLost, watch_keys
from services.vault import Purpose
from tests.factories import a_customer, a_vault, an_account, house_on


async def test_a_key_that_is_there_is_no_news_and_a_lost_one_is_named(database_url: str) -> None:
    async with house_on(database_url) as house:
        account_id = await an_account(house, await a_customer(house))
        assert await watch_keys(house) == 0
        foreign = a_vault().seal(Purpose.PHONE, "13800000000").replace("v1.1.", "v1.7.", 1)
        await Profile.filter(id=account_id).update(phone_sealed=foreign)
        with pytest.raises(KeysLost, match=r"lost data keys: 7 \(1 texts\)"):
            await watch_keys(house)
