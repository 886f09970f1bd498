"""The audit log, which nobody changes afterwards."""

from typing import Any
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.engines import enforcement


async def seal(apps: object, editor: Any) -> None:  # noqa: ANN401 - Tortoise gives no type
    """Let the database refuse what would change or remove an entry."""
    del apps
    for statement in enforcement.append_only(
        "audit_entry", sqlite=editor.client.capabilities.dialect == "sqlite"
    ):
        await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """A table, and its seal."""

    dependencies = [("models", "0002_enforcement")]
    operations = [
        ops.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("principal", fields.CharField(max_length=64)),
                ("action", fields.CharField(max_length=40)),
                ("object_id", fields.UUIDField(null=True)),
                ("outcome", fields.CharField(max_length=8)),
                ("code", fields.CharField(null=True, max_length=40)),
                ("reason", fields.CharField(null=True, max_length=200)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "audit_entry",
                "app": "models",
                "indexes": [
                    Index(fields=["object_id", "id"], name="audit_entry_object"),
                    Index(fields=["principal", "id"], name="audit_entry_principal"),
                ],
                "pk_attr": "id",
                "table_description": "One sensitive action. Never changed.",
            },
            bases=["Model"],
        ),
        ops.RunPython(seal, ops.RunPython.noop),
    ]
