"""Every column that holds sealed texts: whoever adds one names it here, so that keys can change."""

from dataclasses import dataclass
from typing import Any

from tortoise.models import Model
from tortoise.queryset import QuerySet

from models import BankCard, Profile, Webhook
from services.vault import Purpose, sealed_with


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed texts, and what they were sealed for."""

    model: type[Model]
    name: str
    purpose: Purpose

    def sealed_with(self, key_id: str) -> QuerySet[Any]:
        """Return the rows whose text was sealed with a key."""
        return self.model.filter(**{f"{self.name}__startswith": sealed_with(key_id)})

    def sealed_otherwise(self, *key_ids: str) -> QuerySet[Any]:
        """Return the rows that have a text which was sealed with none of these keys."""
        texts = self.model.filter(**{f"{self.name}__isnull": False})
        for key_id in key_ids:
            texts = texts.exclude(**{f"{self.name}__startswith": sealed_with(key_id)})
        return texts


SEALED_COLUMNS: tuple[SealedColumn, ...] = (
    SealedColumn(BankCard, "number_sealed", Purpose.CARD_NUMBER),
    SealedColumn(BankCard, "holder_sealed", Purpose.NAME),
    SealedColumn(Profile, "name_sealed", Purpose.NAME),
    SealedColumn(Profile, "identity_number_sealed", Purpose.IDENTITY_NUMBER),
    SealedColumn(Profile, "birth_date_sealed", Purpose.BIRTH_DATE),
    SealedColumn(Profile, "phone_sealed", Purpose.PHONE),
    SealedColumn(Webhook, "secret_sealed", Purpose.WEBHOOK_SECRET),
    SealedColumn(Webhook, "old_secret_sealed", Purpose.WEBHOOK_SECRET),
)
"""By convention their names end with ``_sealed``."""
