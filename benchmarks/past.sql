-- A year of purchases: temporary tables `player` and `past` say what happened, the rest follows.
-- `terms` is a table of one row that has been filled before (past.py).

INSERT INTO player
SELECT p, uuidv7(begun_at - clock_timestamp()), uuidv7(begun_at - clock_timestamp()),
    uuidv7(begun_at - clock_timestamp()), begun_at,
    purchases_each + CASE WHEN p = 0 THEN longest ELSE 0 END
FROM terms, generate_series(0, players - 1) AS p;

INSERT INTO past
SELECT n, uuidv7(of_n.at - clock_timestamp()), of_n.p, player.id, of_n.nth, of_n.at
FROM terms, generate_series(0::bigint, players * purchases_each + longest - 1) AS n,
LATERAL (
    SELECT CASE WHEN n < players * purchases_each THEN n % players ELSE 0 END AS p,
        CASE WHEN n < players * purchases_each THEN n / players
            ELSE n - players * purchases_each + purchases_each END AS nth,
        begun_at + n * step AS at
) AS of_n
JOIN player ON player.p = of_n.p
ORDER BY n;

ANALYZE player, past;

INSERT INTO past_draw
SELECT number, uuidv7(interval '-1 year') FROM terms, generate_series(0, draws - 1) AS number;

INSERT INTO draw (id, centre_id, game, code, currency, state, opened_at, sales_close_at)
SELECT past_draw.id, centre_id, game, 'past-' || number, currency, 'CLOSED',
    opened_at - interval '1 year', opened_at - interval '1 day'
FROM past_draw, (SELECT * FROM draw LIMIT 1) AS present;

INSERT INTO customer (id, email, password_hash, signed_up_at)
SELECT customer_id, customer_id || '@player.invalid', 'none', at FROM player;

INSERT INTO account (id, number, customer_id, kind, currency, live_currency, identity, opened_at)
SELECT id, lpad(p::text, 20, '0'), customer_id, 'LOTTERY', currency, currency,
    encode(sha256(id::text::bytea), 'hex'), at
FROM player, terms;

INSERT INTO wallet (id, kind, currency, owner_id, status, balance_minor, held_minor, line_count,
    last_line_at, opened_at)
SELECT id, 'LOTTERY', currency, customer_id, 'ACTIVE', funds_minor - stake_minor * bought, 0,
    1 + bought, coalesce(last.at, player.at), player.at
FROM terms, player LEFT JOIN (SELECT p, max(at) AS at FROM past GROUP BY p) AS last USING (p);

INSERT INTO mandate (id, account_id, partner_id, limit_per_purchase_minor, limit_per_day_minor,
    used_on, used_minor, granted_at, expires_at)
SELECT uuidv7(at - clock_timestamp()), player.id, platform_id, funds_minor, funds_minor, at::date, 0,
    at, now() + interval '1 year'
FROM player, terms;

INSERT INTO allowance (id, day, month, deposited_day_minor, deposited_month_minor,
    purchased_day_minor, purchased_month_minor)
SELECT id, at::date, date_trunc('month', at)::date, funds_minor, funds_minor, 0, 0
FROM player, terms;

INSERT INTO ledger_entry (id, kind, at)
SELECT entry_id, 'DEPOSIT', at FROM player UNION ALL SELECT id, 'PURCHASE', at FROM past;

INSERT INTO ledger_line
    (entry_id, wallet_id, number, amount_minor, balance_after_minor, currency, at)
SELECT entry_id, line.*, currency, at FROM player, terms, LATERAL (VALUES
    (bank_id, p::bigint + 1, -funds_minor, -funds_minor * (p + 1)),
    (player.id, 1, funds_minor, funds_minor)
) AS line;

INSERT INTO ledger_line
    (entry_id, wallet_id, number, amount_minor, balance_after_minor, currency, at)
SELECT past.id, line.*, currency, at FROM past, terms, LATERAL (VALUES
    (player_id, nth + 2, -stake_minor, funds_minor - stake_minor * (nth + 1)),
    (platform_id, n + 1, stake_minor, stake_minor * (n + 1))
) AS line;

INSERT INTO account_transaction (id, account_id, number, type, state, amount_minor, refunded_minor,
    balance_after_minor, currency, at)
SELECT entry_id, id, 1, 'DEPOSIT', 'COMPLETED', funds_minor, 0, funds_minor, currency, at
FROM player, terms;

INSERT INTO account_transaction (id, account_id, number, type, state, amount_minor, refunded_minor,
    balance_after_minor, currency, partner_id, reference, at)
SELECT id, player_id, nth + 2, 'PURCHASE', 'COMPLETED', -stake_minor, 0,
    funds_minor - stake_minor * (nth + 1), currency, platform_id, 'past-' || n, at
FROM past, terms;

INSERT INTO ticket (id, purchase_id, account_id, draw_id, numbers, stake_minor, serial, state)
SELECT uuidv7(at - clock_timestamp()), past.id, player_id, past_draw.id, '01 02 03 04 05 06 + 07',
    stake_minor, 'past-' || n, 'CONFIRMED'
FROM terms, past JOIN past_draw ON number = n % (SELECT draws FROM terms);

-- The wallets that were open before: the bank's, and the platform's.

UPDATE wallet SET balance_minor = -funds_minor * players, line_count = players, last_line_at = begun_at
FROM terms WHERE id = bank_id;

UPDATE wallet SET balance_minor = stake_minor * bought, line_count = bought, last_line_at = last_at
FROM terms, (SELECT count(*) AS bought, max(at) AS last_at FROM past) AS past
WHERE id = platform_id;
