"""A partner comes with its wallet and a key that is shown once."""

import asyncio
from hashlib import sha256

import pytest

from models import Answer, ApiKey, AuditEntry, Partner, Wallet
from models.kinds import PartnerKind
from services.partners.create_partner import PartnerNameTakenError, create_partner
from tests.factories import HouseUnderTest, beside, dump


@pytest.mark.parametrize(
    ("kind", "wallet_kind"),
    [
        (PartnerKind.SALES_PLATFORM, "PARTNER"),
        (PartnerKind.LOTTERY_CENTRE, "PRIZE_POOL"),
    ],
)
async def test_creates_a_partner_with_its_wallet(
    house: HouseUnderTest, kind: PartnerKind, wallet_kind: str
) -> None:
    row, _ = await create_partner(house, kind, "  Fortune Ltd  ", "CNY")
    partner = await Partner.get()
    assert row["id"] == str(partner.id)
    assert (partner.name, partner.kind, partner.status) == ("Fortune Ltd", kind, "ACTIVE")
    wallet = await Wallet.get(id=partner.id)
    assert (wallet.kind, wallet.currency, wallet.balance_minor) == (wallet_kind, "CNY", 0)
    assert wallet.owner_id == partner.id
    entry = await AuditEntry.get()
    assert (entry.principal, entry.action, entry.object_id) == (
        "system",
        "createPartner",
        partner.id,
    )


async def test_keeps_nothing_of_the_key_but_its_hash(house: HouseUnderTest) -> None:
    _, api_key = await create_partner(house, PartnerKind.LOTTERY_CENTRE, "Fortune Ltd", "CNY")
    prefix, _, secret = api_key.partition("_")
    assert prefix == "coffer"
    assert len(secret) == 43  # 32 bytes
    kept = await ApiKey.get()
    assert kept.secret_hash == sha256(api_key.encode()).hexdigest()
    everything = repr([await dump(), await Answer.all().values()])
    assert secret not in everything


async def test_every_key_is_another(house: HouseUnderTest) -> None:
    keys = {
        (await create_partner(house, PartnerKind.LOTTERY_CENTRE, f"Centre {n}", "CNY"))[1]
        for n in range(5)
    }
    assert len(keys) == 5


async def test_refuses_a_name_that_is_taken(house: HouseUnderTest) -> None:
    await create_partner(house, PartnerKind.LOTTERY_CENTRE, "Fortune Ltd", "CNY")
    before = await dump()
    with pytest.raises(PartnerNameTakenError):
        await create_partner(house, PartnerKind.SALES_PLATFORM, "Fortune Ltd ", "CNY")
    assert await dump() == before


async def test_one_name_at_once_makes_one_partner(house: HouseUnderTest) -> None:
    async with beside(house) as other:
        results = await asyncio.gather(
            *(
                create_partner(at, PartnerKind.SALES_PLATFORM, "Fortune Ltd", "CNY")
                for at in (house, other) * 2
            ),
            return_exceptions=True,
        )
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert sum(isinstance(result, PartnerNameTakenError) for result in results) == 3
    assert await Partner.all().count() == await Wallet.filter(kind="PARTNER").count() == 1


@pytest.mark.parametrize(
    ("name", "currency"), [(" ", "CNY"), ("x" * 81, "CNY"), ("Fortune", "XXX")]
)
async def test_refuses_what_makes_no_partner(
    house: HouseUnderTest, name: str, currency: str
) -> None:
    before = await dump()
    with pytest.raises(ValueError, match=r"name|XXX"):
        await create_partner(house, PartnerKind.LOTTERY_CENTRE, name, currency)
    assert await dump() == before
