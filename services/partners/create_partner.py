"""Taking a partner system in: its wallet, and the one key it starts with."""

from models import Partner
from models.currencies import DECIMALS
from models.engines import Lookup, Row
from models.kinds import SCOPES, PartnerKind, PartnerStatus, WalletKind
from services.actors import SYSTEM
from services.house import House
from services.ledger.books import Books
from services.ledger.command import Audit, Body, Command, Fact, Key
from services.partners.keys import PREFIX, USUAL_LIFE, add_key
from services.secrets import new_secret

NAMES = Lookup.of(Partner, "name")

FIRST_KEY = "first key"
"""The name of the key that a partner starts with, which may do all that its kind may."""

LONGEST_NAME = 80

WALLETS: dict[PartnerKind, WalletKind] = {
    PartnerKind.SALES_PLATFORM: WalletKind.PARTNER,
    PartnerKind.LOTTERY_CENTRE: WalletKind.PRIZE_POOL,
}
"""Which wallet a partner of a kind gets."""


class PartnerNameTakenError(Exception):
    """There is a partner of this name already."""


async def create_partner(
    house: House, kind: PartnerKind, name: str, currency: str
) -> tuple[Row, str]:
    """Create a partner with its wallet and an API key, on the command line's behalf.

    Returns:
        The partner's row, and the API key. The key is kept as a hash only: this is the one time
        that anybody sees it.

    Raises:
        ValueError: The name is empty or longer than 80 characters, or the currency is not kept.
        PartnerNameTakenError: The name is another partner's.
    """
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"a partner's name has 1 to {LONGEST_NAME} characters")
    if currency not in DECIMALS:
        raise ValueError(f"{currency!r} is none of {', '.join(DECIMALS)}")
    partner_id = house.new_id()
    api_key = new_secret(PREFIX)

    def decide(books: Books) -> Body:
        if books.one(NAMES, name) is not None:
            raise PartnerNameTakenError(name)
        partner: Row = {
            "id": partner_id,
            "kind": kind,
            "name": name,
            "status": PartnerStatus.ACTIVE,
            "currency": currency,
            "created_at": books.now,
        }
        books.insert(NAMES.table, partner)
        books.open_wallet(WALLETS[kind], currency, partner_id, partner_id)
        add_key(
            books,
            SYSTEM,
            partner_id,
            books.new_id(),
            api_key,
            FIRST_KEY,
            SCOPES[kind],
            books.now + USUAL_LIFE,
        )
        # The answer is kept, and therefore must not hold the key.
        return {"partner": partner}

    arguments = {"kind": kind, "name": name, "currency": currency}
    answered = await house.desk.submit(
        Command(
            key=Key.of(SYSTEM.principal, "createPartner", str(partner_id), arguments),
            decide=decide,
            facts=(Fact(NAMES, (name,)),),
            audit=Audit(partner_id),
        )
    )
    return answered.body["partner"], api_key
