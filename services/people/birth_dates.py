"""When a customer was born, as far as the house can tell."""

from datetime import date
from uuid import UUID

from tortoise.expressions import Subquery

from models import Account, Profile
from services.house import House
from services.vault import CannotOpen, Purpose


async def birth_dates_of(house: House, customer_id: UUID) -> frozenset[date]:
    """Return the dates of birth that a customer has opened accounts with."""
    accounts = Subquery(Account.filter(customer_id=customer_id).values("id"))
    sealed = await Profile.filter(id__in=accounts).values_list("birth_date_sealed", flat=True)
    found = set()
    for text in sealed:
        try:
            found.add(date.fromisoformat(house.vault.open(Purpose.BIRTH_DATE, str(text))))
        except CannotOpen:
            continue  # with a key that was lost, it is not known any more
    return frozenset(found)
