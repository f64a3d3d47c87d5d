-- upload/forget: takes from a login ($2) in an account ($1), after an upload ($3), what it need not have: the oldest
-- uploads that no email holds, until the rest counts for $4 octets at most; and those that an email does hold, by which
-- they can be read, from some time after their upload ($5) on. Looks at $6 of each at most, and at no more than can be
-- needed, as each counts for $7 at least. An upload that was made again meanwhile stays. Parameters stand in a table of their
-- own, so that PostgreSQL keeps one plan for all.
WITH given AS MATERIALIZED (
    SELECT $1::bigint AS account_id, $2::text AS login_name, $3::bytea AS newest, $4::bigint AS bound, $5::timestamptz AS since,
           $6::bigint AS most, $7::bigint AS least_octets
), excess AS MATERIALIZED (
    SELECT g.*, r.octets - g.bound AS octets
    FROM given g
    JOIN upload_room r ON r.account_id = g.account_id AND r.login_name = g.login_name
    WHERE r.octets > g.bound
), old AS MATERIALIZED (
    SELECT o.place, o.uploaded_at, false AS is_held
    FROM excess x
    CROSS JOIN LATERAL (
        SELECT place, uploaded_at, sum(octets) OVER (ORDER BY uploaded_at, place) - octets AS before
        FROM (SELECT u.ctid AS place, u.uploaded_at, u.octets FROM upload u
              WHERE u.account_id = x.account_id AND u.login_name = x.login_name AND NOT u.is_held AND u.hash <> x.newest
              ORDER BY u.uploaded_at LIMIT least(x.most, x.octets / x.least_octets + 1)) AS oldest
    ) o
    WHERE o.before < x.octets
    UNION ALL
    SELECT h.place, h.uploaded_at, true
    FROM given g
    CROSS JOIN LATERAL (
        SELECT u.ctid AS place, u.uploaded_at FROM upload u
        WHERE u.account_id = g.account_id AND u.login_name = g.login_name AND u.is_held AND u.uploaded_at < g.since
          AND u.hash <> g.newest
        ORDER BY u.uploaded_at LIMIT g.most
    ) h
), gone AS MATERIALIZED (
    SELECT u.place
    FROM old o
    CROSS JOIN LATERAL (
        -- What changed meanwhile is judged again by these two.
        SELECT u.ctid AS place FROM upload u
        WHERE u.ctid = o.place AND u.uploaded_at = o.uploaded_at AND u.is_held = o.is_held
        FOR UPDATE
    ) u
)
DELETE FROM upload WHERE ctid = ANY (ARRAY(SELECT place FROM gone))
