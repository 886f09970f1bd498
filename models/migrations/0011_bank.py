"""The bank: cards, instructions, withdrawals, suspense, and the wallets that these need."""

from typing import Any
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.currencies import SYSTEM_WALLETS
from models.engines import enforcement


class Widen(ops.AlterField):
    """A longer text: a matter for PostgreSQL alone, since SQLite keeps texts of any length."""

    async def database_forward(
        self,
        app_label: str,
        old_state: Any,  # noqa: ANN401 - Tortoise gives no type
        new_state: Any,  # noqa: ANN401 - as above
        state_editor: Any = None,  # noqa: ANN401 - as above
    ) -> None:
        """Change the column where there is something to change."""
        if state_editor and state_editor.client.capabilities.dialect != "sqlite":
            await super().database_forward(app_label, old_state, new_state, state_editor)


async def open_system_wallets(apps: object, editor: Any) -> None:  # noqa: ANN401 - as above
    """Let debts of the suspense be below zero, and put the wallets there that are missing."""
    del apps
    dialect = editor.client.capabilities.dialect
    for statement in enforcement.check("wallet", sqlite=dialect == "sqlite"):
        await editor.client.execute_script(statement)
    for wallet_id, (kind, currency) in SYSTEM_WALLETS.items():
        await editor.client.execute_script(
            "INSERT INTO wallet (id, kind, currency, status, balance_minor, held_minor, line_count,"  # noqa: S608 - our own constants
            f" opened_at) VALUES ('{wallet_id}', '{kind}', '{currency}', 'ACTIVE', 0, 0, 0,"
            " '2026-01-01 00:00:00+00:00') ON CONFLICT DO NOTHING"
        )


KNOWN = """
    INSERT INTO bank_instruction
        (id, purpose, wallet_id, amount_minor, currency, asked, ask_at, requested_at)
    SELECT id, '{purpose}', {wallet}, amount_minor, currency, 1,
        CASE state WHEN 'REQUESTED' THEN requested_at END, requested_at
    FROM {table}
"""
"""What the bank was told before it was kept apart from what it is for."""


class Migration(migrations.Migration):
    """Tables, their first rows, and a longer column."""

    dependencies = [("models", "0010_limits")]
    operations = [
        ops.CreateModel(
            name="BankCard",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("customer_id", fields.UUIDField()),
                ("number_sealed", fields.CharField(null=True, max_length=200)),
                ("holder_sealed", fields.CharField(null=True, max_length=600)),
                ("fingerprint", fields.CharField(null=True, unique=True, max_length=64)),
                ("last_four", fields.CharField(max_length=4)),
                ("bound_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("unbound_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "bank_card",
                "app": "models",
                "indexes": [Index(fields=["customer_id", "unbound_at"], name="bank_card_customer")],
                "pk_attr": "id",
                "table_description": "A customer's bank card. Its row outlives the binding, without the number and the name.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BankInstruction",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("purpose", fields.CharField(max_length=16)),
                ("wallet_id", fields.UUIDField()),
                ("card_id", fields.UUIDField(null=True)),
                ("returns", fields.CharField(null=True, max_length=64)),
                ("amount_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("asked", fields.IntField()),
                ("ask_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "bank_instruction",
                "app": "models",
                "indexes": [
                    Index(fields=["ask_at"], name="bank_instruction_open"),
                    Index(fields=["card_id", "ask_at"], name="bank_instruction_card"),
                ],
                "pk_attr": "id",
                "table_description": "What the bank was told to collect or pay, under the id that it knows.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StatementPosition",
            fields=[
                (
                    "id",
                    fields.IntField(generated=True, primary_key=True, unique=True, db_index=True),
                ),
                ("position", fields.BigIntField()),
            ],
            options={
                "table": "statement_position",
                "app": "models",
                "pk_attr": "id",
                "table_description": "The single row that says up to which line the bank's statement has been read.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SuspenseItem",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("reference", fields.CharField(unique=True, max_length=64)),
                ("amount_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("remittance", fields.CharField(max_length=200)),
                ("state", fields.CharField(max_length=12)),
                ("entry_id", fields.UUIDField()),
                ("withdrawal_id", fields.UUIDField(null=True)),
                ("account_id", fields.UUIDField(null=True)),
                ("instruction_id", fields.UUIDField(null=True)),
                ("arrived_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "suspense_item",
                "app": "models",
                "indexes": [
                    Index(fields=["state", "id"], name="suspense_item_state"),
                    Index(fields=["instruction_id"], name="suspense_item_instruction"),
                ],
                "pk_attr": "id",
                "table_description": "Money that arrived at the bank for nobody that is known, or for an account that is closed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("account_id", fields.UUIDField()),
                ("card_id", fields.UUIDField()),
                ("amount_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("day", fields.DateField()),
                ("state", fields.CharField(max_length=10)),
                ("reason", fields.CharField(null=True, max_length=200)),
                ("transaction_id", fields.UUIDField()),
                ("return_id", fields.UUIDField(null=True)),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("settled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "returned_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "withdrawal",
                "app": "models",
                "indexes": [
                    Index(fields=["account_id", "id"], name="withdrawal_account"),
                    Index(fields=["account_id", "day"], name="withdrawal_day"),
                ],
                "pk_attr": "id",
                "table_description": "Money on its way from an account to its holder's bank card, under the instruction's id.",
            },
            bases=["Model"],
        ),
        ops.RemoveIndex(
            model_name="Deposit",
            name="deposit_open",
            fields=None,
        ),
        ops.AddField(
            model_name="Deposit",
            name="card_id",
            field=fields.UUIDField(null=True),
        ),
        ops.RemoveIndex(
            model_name="PoolFunding",
            name="pool_funding_open",
            fields=None,
        ),
        Widen(
            model_name="Transaction",
            name="type",
            field=fields.CharField(max_length=20),
        ),
        ops.RunPython(open_system_wallets, ops.RunPython.noop),
        ops.RunSQL(KNOWN.format(purpose="DEPOSIT", wallet="account_id", table="deposit"), ""),
        ops.RunSQL(
            KNOWN.format(purpose="POOL_FUNDING", wallet="centre_id", table="pool_funding"), ""
        ),
        ops.RunSQL("INSERT INTO statement_position (id, position) VALUES (1, 0)", ""),
    ]
