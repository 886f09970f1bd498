from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("customer_id", fields.UUIDField()),
                ("kind", fields.CharField(max_length=16)),
                ("currency", fields.CharField(max_length=3)),
                ("holder_name", fields.CharField(max_length=80)),
                ("phone", fields.CharField(max_length=20)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account",
                "app": "models",
                "unique_together": (("customer_id", "kind", "currency"),),
                "pk_attr": "id",
                "table_description": "A customer's fund account, which shares its id with the wallet that holds its money.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("principal", fields.CharField(max_length=64)),
                ("operation", fields.CharField(max_length=40)),
                ("key", fields.CharField(max_length=128)),
                ("arguments", fields.UUIDField()),
                ("body", fields.TextField(unique=False)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "answer",
                "app": "models",
                "indexes": [Index(fields=["at"], name="answer_age")],
                "pk_attr": "id",
                "table_description": "The complete first answer to an idempotency key, kept in the command's own transaction.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("partner_id", fields.UUIDField()),
                ("secret_hash", fields.CharField(unique=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_key",
                "app": "models",
                "indexes": [Index(fields=["partner_id"], name="api_key_partner")],
                "pk_attr": "id",
                "table_description": "A partner's secret, kept as a hash and shown once when it is made.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("email", fields.CharField(unique=True, max_length=254)),
                ("password_hash", fields.CharField(max_length=200)),
                ("signed_up_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "customer",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A person who can sign in. ``email`` is kept in lower case, the password by Argon2id.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Deposit",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("account_id", fields.UUIDField()),
                ("amount_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("state", fields.CharField(max_length=10)),
                ("reason", fields.CharField(null=True, max_length=200)),
                ("transaction_id", fields.UUIDField(null=True)),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "deposit",
                "app": "models",
                "indexes": [
                    Index(fields=["account_id"], name="deposit_account"),
                    Index(fields=["state", "requested_at"], name="deposit_open"),
                ],
                "pk_attr": "id",
                "table_description": "Money asked from the bank for an account, under the instruction id that the bank knows.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Draw",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("centre_id", fields.UUIDField()),
                ("game", fields.CharField(max_length=40)),
                ("code", fields.CharField(max_length=40)),
                ("currency", fields.CharField(max_length=3)),
                ("state", fields.CharField(max_length=10)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("sales_close_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "claims_close_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "draw",
                "app": "models",
                "unique_together": (("centre_id", "game", "code"),),
                "pk_attr": "id",
                "table_description": "One draw of a game. Changed only under its own exclusive row lock, which purchases share.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("reverses_id", fields.UUIDField(null=True, unique=True)),
                ("reason", fields.CharField(null=True, max_length=200)),
            ],
            options={
                "table": "ledger_entry",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One business event in the journal, whose lines sum to zero. Never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FeedEvent",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("audience", fields.CharField(max_length=48)),
                ("account_id", fields.UUIDField(null=True)),
                ("kind", fields.CharField(max_length=20)),
                ("body", fields.TextField(unique=False)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "feed_event",
                "app": "models",
                "indexes": [Index(fields=["audience", "id"], name="feed_event_audience")],
                "pk_attr": "id",
                "table_description": "Something that happened, told to one audience, written in the transaction that did it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FeedFloor",
            fields=[
                (
                    "id",
                    fields.IntField(generated=True, primary_key=True, unique=True, db_index=True),
                ),
                ("position", fields.BigIntField()),
            ],
            options={
                "table": "feed_floor",
                "app": "models",
                "pk_attr": "id",
                "table_description": "The single row that says up to which position events have been removed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("wallet_id", fields.UUIDField()),
                ("amount_minor", fields.BigIntField()),
                ("remaining_minor", fields.BigIntField()),
                ("state", fields.CharField(max_length=8)),
                ("placed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "hold",
                "app": "models",
                "indexes": [
                    Index(fields=["wallet_id"], name="hold_wallet"),
                    Index(fields=["state", "expires_at"], name="hold_expiry"),
                ],
                "pk_attr": "id",
                "table_description": "Money of a wallet set aside: captured (in parts), released, or expired.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Line",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("entry_id", fields.UUIDField()),
                ("wallet_id", fields.UUIDField()),
                ("number", fields.BigIntField()),
                ("amount_minor", fields.BigIntField()),
                ("balance_after_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "ledger_line",
                "app": "models",
                "unique_together": (("wallet_id", "number"),),
                "indexes": [Index(fields=["entry_id"], name="ledger_line_entry")],
                "pk_attr": "id",
                "table_description": "What an entry did to one wallet: the signed amount, the balance after it, its number there.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Mandate",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("account_id", fields.UUIDField()),
                ("partner_id", fields.UUIDField()),
                ("limit_per_purchase_minor", fields.BigIntField()),
                ("limit_per_day_minor", fields.BigIntField()),
                ("used_on", fields.DateField()),
                ("used_minor", fields.BigIntField()),
                ("granted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "mandate",
                "app": "models",
                "unique_together": (("account_id", "partner_id"),),
                "pk_attr": "id",
                "table_description": "A player's standing permission for one sales platform to debit one account.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Parameter",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60),
                ),
                ("value", fields.BigIntField()),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("changed_by", fields.CharField(max_length=64)),
            ],
            options={
                "table": "parameter",
                "app": "models",
                "pk_attr": "name",
                "table_description": "The value in force of one system parameter, an integer in the unit that ends its name.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Partner",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("name", fields.CharField(unique=True, max_length=80)),
                ("status", fields.CharField(max_length=10)),
                ("currency", fields.CharField(max_length=3)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "partner",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A system that calls Coffer: what it may do follows from its kind.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PayoutRun",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("draw_id", fields.UUIDField()),
                ("state", fields.CharField(max_length=8)),
                ("total", fields.IntField()),
                ("paid", fields.IntField()),
                ("refused", fields.IntField()),
                ("after_id", fields.UUIDField(null=True)),
                (
                    "lease_until",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "finished_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
            ],
            options={
                "table": "payout_run",
                "app": "models",
                "indexes": [
                    Index(fields=["draw_id"], name="payout_run_draw"),
                    Index(fields=["state"], name="payout_run_state"),
                ],
                "pk_attr": "id",
                "table_description": "The payment of a whole draw: a long job whose progress is kept, so that it may die half way.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PoolFunding",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("centre_id", fields.UUIDField()),
                ("amount_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("state", fields.CharField(max_length=10)),
                ("reason", fields.CharField(null=True, max_length=200)),
                ("entry_id", fields.UUIDField(null=True)),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "pool_funding",
                "app": "models",
                "indexes": [Index(fields=["state", "requested_at"], name="pool_funding_open")],
                "pk_attr": "id",
                "table_description": "Money asked from the bank for a prize pool, under the instruction id that the bank knows.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("customer_id", fields.UUIDField()),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("token_expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "session",
                "app": "models",
                "indexes": [Index(fields=["customer_id"], name="session_customer")],
                "pk_attr": "id",
                "table_description": "A sign-in with its short access token, kept hashed, a socket follows the session.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("purchase_id", fields.UUIDField()),
                ("account_id", fields.UUIDField()),
                ("draw_id", fields.UUIDField()),
                ("numbers", fields.CharField(max_length=200)),
                ("stake_minor", fields.BigIntField()),
                ("serial", fields.CharField(null=True, max_length=64)),
                ("state", fields.CharField(max_length=12)),
                ("confirm_by", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "ticket",
                "app": "models",
                "unique_together": (("draw_id", "serial"),),
                "indexes": [
                    Index(fields=["purchase_id"], name="ticket_purchase"),
                    Index(fields=["state", "confirm_by"], name="ticket_overdue"),
                ],
                "pk_attr": "id",
                "table_description": "A picked ticket that a purchase paid for, guarded by the lock of the account's wallet.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Transaction",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("account_id", fields.UUIDField()),
                ("number", fields.BigIntField()),
                ("type", fields.CharField(max_length=16)),
                ("state", fields.CharField(max_length=16)),
                ("amount_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField()),
                ("balance_after_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                ("partner_id", fields.UUIDField(null=True)),
                ("reference", fields.CharField(null=True, max_length=64)),
                ("original_id", fields.UUIDField(null=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account_transaction",
                "app": "models",
                "unique_together": (("account_id", "number"), ("partner_id", "reference")),
                "indexes": [
                    Index(fields=["account_id", "type", "number"], name="transaction_type"),
                    Index(fields=["original_id"], name="transaction_original"),
                ],
                "pk_attr": "id",
                "table_description": "A movement on an account as its holder sees it, with the id of the entry that posted it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Wallet",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("currency", fields.CharField(max_length=3)),
                ("owner_id", fields.UUIDField(null=True)),
                ("status", fields.CharField(max_length=8)),
                ("balance_minor", fields.BigIntField()),
                ("held_minor", fields.BigIntField()),
                ("line_count", fields.BigIntField()),
                (
                    "last_line_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "wallet",
                "app": "models",
                "indexes": [Index(fields=["owner_id"], name="wallet_owner")],
                "pk_attr": "id",
                "table_description": "Somebody's money of one kind in one currency: a liability, or an asset where its kind is one.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="WinningTicket",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("draw_id", fields.UUIDField()),
                ("ticket_id", fields.UUIDField(unique=True)),
                ("account_id", fields.UUIDField()),
                ("serial", fields.CharField(max_length=64)),
                ("prize_minor", fields.BigIntField()),
                ("state", fields.CharField(max_length=8)),
                ("payout_id", fields.UUIDField(null=True)),
                ("tax_minor", fields.BigIntField()),
                ("paid_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "winning_ticket",
                "app": "models",
                "unique_together": (("draw_id", "serial"),),
                "indexes": [Index(fields=["account_id", "id"], name="winning_account")],
                "pk_attr": "id",
                "table_description": "A winning ticket, verified against a confirmed ticket, guarded by the pool's lock.",
            },
            bases=["Model"],
        ),
    ]
