-- change/record: change events, each with a state number of its own, and the newest state of each data type
WITH event AS (
    SELECT $2::bigint + n AS state, data_type, object_id, kind
    FROM unnest($3::smallint[], $4::bigint[], $5::smallint[]) WITH ORDINALITY AS u (data_type, object_id, kind, n)
), recorded AS (
    INSERT INTO change (account_id, data_type, state, object_id, kind)
    SELECT $1, data_type, state, object_id, kind FROM event
)
INSERT INTO data_type_state AS s (account_id, data_type, state)
SELECT $1, data_type, max(state) FROM event GROUP BY data_type
ON CONFLICT (account_id, data_type) DO UPDATE SET state = excluded.state
