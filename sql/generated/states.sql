-- generated/states: one new state of the account, which these data types have, and a change log that begins there: whatever
-- state a client has, it is older than what is known
WITH moved AS (
    UPDATE account SET state = state + 1 WHERE id = $1 RETURNING id, state
), forgotten AS (
    DELETE FROM change WHERE account_id = $1
), others AS (
    UPDATE data_type_state SET oldest = state WHERE account_id = $1 AND data_type <> ALL ($2::smallint[])
)
INSERT INTO data_type_state (account_id, data_type, state, oldest)
SELECT m.id, t, m.state, m.state FROM moved m, unnest($2::smallint[]) AS t
ON CONFLICT (account_id, data_type) DO UPDATE SET state = excluded.state, oldest = excluded.oldest
