"""The people of the house and their roles; what an audit entry changed; parameters with history."""

from typing import Any
from uuid import UUID, uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

ROLES = {
    UUID("c0ffe12e-0000-5000-8000-00000000a001"): (
        "Administrator",
        "May do everything that a person of the house may do.",
        "",
    ),
    UUID("c0ffe12e-0000-5000-8000-00000000a002"): (
        "Payout clerk",
        "Pays prizes.",
        "PAY_PRIZES SEE_CUSTOMERS",
    ),
    UUID("c0ffe12e-0000-5000-8000-00000000a003"): (
        "Customer service",
        "Helps customers, and blocks their accounts.",
        "BLOCK_ACCOUNTS SEE_CUSTOMERS",
    ),
    UUID("c0ffe12e-0000-5000-8000-00000000a004"): (
        "Risk",
        "Watches accounts, partners and the ledger, and stops what looks wrong.",
        "BLOCK_ACCOUNTS MANAGE_PARTNERS SEE_AUDIT SEE_CUSTOMERS SEE_LEDGER",
    ),
    UUID("c0ffe12e-0000-5000-8000-00000000a005"): (
        "Auditor",
        "Reads everything, and changes nothing.",
        "SEE_AUDIT SEE_CUSTOMERS SEE_LEDGER",
    ),
}
"""What an operator can be made at once; the administrator's permissions are all that there are."""


async def offer_roles(apps: object, editor: Any) -> None:  # noqa: ANN401 - Tortoise gives no type
    """Put the first roles there."""
    del apps
    for role_id, (name, description, permissions) in ROLES.items():
        await editor.client.execute_script(
            "INSERT INTO role (id, name, description, permissions, state, created_by, created_at)"  # noqa: S608 - our own constants
            f" VALUES ('{role_id}', '{name}', '{description}', '{permissions}', 'OFFERED',"
            " 'system', '2026-01-01 00:00:00+00:00')"
        )


async def keep_parameters(apps: object, editor: Any) -> None:  # noqa: ANN401 - as above
    """Let what is in force be the first of its parameter's changes."""
    del apps
    _, rows = await editor.client.execute_query("SELECT name FROM parameter ORDER BY name")
    for row in rows:
        await editor.client.execute_script(
            "INSERT INTO parameter_change (id, name, number, value, before, state, principal, at)"  # noqa: S608 - an id of our own
            f" SELECT '{uuid4()}', name, 1, value, value, 'IN_FORCE', changed_by, changed_at"
            f" FROM parameter WHERE name = '{row['name']}'"
        )


class Migration(migrations.Migration):
    """Three tables for people, one for parameters, a column for the audit log."""

    dependencies = [("models", "0003_audit")]
    operations = [
        ops.CreateModel(
            name="ParameterChange",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("name", fields.CharField(max_length=60)),
                ("number", fields.IntField()),
                ("value", fields.BigIntField()),
                ("before", fields.BigIntField()),
                ("reason", fields.CharField(null=True, max_length=200)),
                ("state", fields.CharField(max_length=10)),
                ("principal", fields.CharField(max_length=64)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "parameter_change",
                "app": "models",
                "unique_together": (("name", "number"),),
                "indexes": [Index(fields=["state"], name="parameter_change_state")],
                "pk_attr": "id",
                "table_description": "A value that a system parameter was given, in the unit that ends its name.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Role",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("name", fields.CharField(max_length=40)),
                ("description", fields.CharField(max_length=200)),
                ("permissions", fields.TextField(unique=False)),
                ("state", fields.CharField(max_length=8)),
                ("created_by", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "role",
                "app": "models",
                "indexes": [Index(fields=["state"], name="role_state")],
                "pk_attr": "id",
                "table_description": "A named set of permissions, ``permissions`` being their names with spaces between them.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StaffMember",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("kind", fields.CharField(max_length=10)),
                ("name", fields.CharField(max_length=80)),
                ("email", fields.CharField(unique=True, max_length=254)),
                ("standing", fields.CharField(max_length=12)),
                ("password_hash", fields.CharField(null=True, max_length=200)),
                ("invitation_hash", fields.CharField(null=True, unique=True, max_length=64)),
                (
                    "invited_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("created_by", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "active_since",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "staff_member",
                "app": "models",
                "indexes": [Index(fields=["standing"], name="staff_member_standing")],
                "pk_attr": "id",
                "table_description": "A person of the house: an operator acts by the roles that they hold, a supervisor reads.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StaffRole",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("member_id", fields.UUIDField()),
                ("role_id", fields.UUIDField()),
                ("state", fields.CharField(max_length=8)),
                ("given_by", fields.CharField(max_length=64)),
                ("given_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("taken_by", fields.CharField(null=True, max_length=64)),
                ("taken_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "staff_role",
                "app": "models",
                "indexes": [
                    Index(fields=["member_id", "state"], name="staff_role_member"),
                    Index(fields=["state"], name="staff_role_state"),
                ],
                "pk_attr": "id",
                "table_description": "That a member holds a role, or held it: the row stays and says when it was taken away.",
            },
            bases=["Model"],
        ),
        ops.RunPython(offer_roles, ops.RunPython.noop),
        ops.AddField(
            model_name="AuditEntry",
            name="changes",
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddIndex(
            model_name="AuditEntry",
            index=Index(fields=["action", "id"], name="audit_entry_action"),
        ),
        ops.RunPython(keep_parameters, ops.RunPython.noop),
        ops.DeleteModel(name="Parameter"),
    ]
