-- reverification/progress: what was done, what is left, and what of that is put off
SELECT r.verdicts AS total,
       s.verdicts, s.emails, s.statuses, s.statuses_at_delivery,
       v.waiting + m.waiting AS waiting,
       v.put_off + m.put_off AS put_off
FROM reverification r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(verdicts), 0)::bigint AS verdicts, coalesce(sum(emails), 0)::bigint AS emails,
           coalesce(sum(statuses), 0)::bigint AS statuses,
           coalesce(sum(statuses_at_delivery), 0)::bigint AS statuses_at_delivery
    FROM reverification_step WHERE reverification_id = r.id
) s
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE (put_off_until > $2) IS NOT TRUE) AS waiting,
           count(*) FILTER (WHERE put_off_until > $2) AS put_off
    FROM verdict WHERE reverification_id = r.id
) v
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE (put_off_until > $2) IS NOT TRUE) AS waiting,
           count(*) FILTER (WHERE put_off_until > $2) AS put_off
    FROM verdict_move WHERE reverification_id = r.id
) m
WHERE r.id = $1
