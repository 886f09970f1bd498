-- What Coffer keeps of the past for a while only: stored answers, and events. Their texts are those
-- of the one purchase that was really made (`sample_reference`).

INSERT INTO answer (id, principal, operation, key, arguments, body, at)
SELECT gen_random_uuid(), principal, operation, 'past-' || n, gen_random_uuid(), body, past.at
FROM terms, past, (SELECT answer.* FROM answer, terms WHERE key = sample_reference) AS sample
WHERE past.at > now() - answers_kept;

INSERT INTO feed_event (audience, account_id, kind, body, at)
SELECT CASE WHEN sample.account_id IS NULL THEN audience ELSE 'customer:' || customer_id END,
    CASE WHEN sample.account_id IS NULL THEN NULL ELSE player_id END, kind, body, past.at
FROM terms, past JOIN player USING (p), (
    SELECT audience, account_id, feed_event.kind, body
    FROM feed_event, terms WHERE feed_event.kind = 'PURCHASE' AND body LIKE '%' || sample_reference || '%'
) AS sample
WHERE past.at > now() - events_kept
ORDER BY n;
