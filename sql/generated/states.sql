-- generated/states: one change of each of these data types, after the last one of the account: whatever state of them a
-- client has, it is older than what is known
WITH moved AS (
    SELECT a.id AS account_id, u.data_type, a.state + row_number() OVER (ORDER BY u.data_type) AS state, u.object_id
    FROM account a, unnest($2::smallint[], $3::bigint[]) AS u (data_type, object_id)
    WHERE a.id = $1
), told AS (
    INSERT INTO change (account_id, data_type, state, object_id, kind)
    SELECT account_id, data_type, state, object_id, 2 FROM moved
), known AS (
    INSERT INTO data_type_state (account_id, data_type, state, oldest)
    SELECT account_id, data_type, state, state FROM moved
    ON CONFLICT (account_id, data_type) DO UPDATE SET state = excluded.state, oldest = excluded.oldest
)
UPDATE account SET state = state + cardinality($2::smallint[]) WHERE id = $1
