-- upload/note_held: whether emails of the account hold these uploads ($2) now ($3). Each is looked up by itself, whatever
-- PostgreSQL takes the table to hold.
WITH other AS MATERIALIZED (
    SELECT u.place
    FROM unnest($2::bytea[], $3::boolean[]) AS n (hash, is_held)
    CROSS JOIN LATERAL (
        SELECT u.ctid AS place FROM upload u
        WHERE u.account_id = $1 AND u.hash = n.hash AND u.is_held <> n.is_held
        FOR UPDATE
    ) u
)
UPDATE upload SET is_held = NOT is_held WHERE ctid = ANY (ARRAY(SELECT place FROM other))
