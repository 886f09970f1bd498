"""What every service is handed: desk, bank, vault, mail, courier, parameters, time."""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.attempts import Attempts
from services.bank import Bank
from services.clock import Clock, NewId
from services.courier import Courier
from services.ledger.desk import Desk
from services.mail import Mail
from services.parameters import Parameters
from services.throttling import Throttle
from services.vault import Vault


@dataclass(frozen=True, slots=True)
class House:
    """One process's means. ``zone`` is where the business day begins."""

    desk: Desk
    bank: Bank
    parameters: Parameters
    clock: Clock
    new_id: NewId
    zone: ZoneInfo
    vault: Vault
    mail: Mail
    throttle: Throttle
    courier: Courier
    attempts: Attempts = field(default_factory=Attempts, kw_only=True)

    def business_day(self, moment: datetime) -> date:
        """Return the business day that a moment belongs to."""
        return moment.astimezone(self.zone).date()
