"""Sensitive actions, allowed or refused: who did what to which object, and why."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class AuditEntry(Model):
    """One sensitive action. Never changed.

    ``principal`` and ``action`` are those of the idempotency key where there is one; ``code`` is
    the refusal's, ``reason`` the words of whoever acted. ``changes`` is a JSON list of what was
    changed (``name``, ``before``, ``after``), where the object alone does not say it.
    """

    id = fields.UUIDField(primary_key=True)
    principal = fields.CharField(max_length=64)
    action = fields.CharField(max_length=40)
    object_id = fields.UUIDField(null=True)
    outcome = fields.CharField(max_length=8)
    code = fields.CharField(max_length=40, null=True)
    reason = fields.CharField(max_length=200, null=True)
    changes = fields.TextField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "audit_entry"
        indexes = [
            Index(fields=("object_id", "id"), name="audit_entry_object"),
            Index(fields=("principal", "id"), name="audit_entry_principal"),
            Index(fields=("action", "id"), name="audit_entry_action"),
        ]
