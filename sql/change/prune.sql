-- change/prune: forgets the changes of an account after state $3 up to $4, and tells how many there were. Of each data type,
-- what happened after the newest change that is forgotten is still known: whoever has that state goes on from it, however
-- old it is.
WITH gone AS (
    DELETE FROM change WHERE account_id = $1 AND data_type = ANY ($2) AND state > $3 AND state <= $4
    RETURNING data_type, state
), moved AS (
    UPDATE data_type_state s SET oldest = g.state
    FROM (SELECT data_type, max(state) AS state FROM gone GROUP BY data_type) g
    WHERE s.account_id = $1 AND s.data_type = g.data_type
)
SELECT count(*) AS removed FROM gone
