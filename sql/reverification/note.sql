-- reverification/note: what this transaction did for each
INSERT INTO reverification_step (reverification_id, verdicts, emails, statuses, statuses_at_delivery)
SELECT r.id, n.verdicts, n.emails, n.statuses, n.statuses_at_delivery
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
     AS n (id, verdicts, emails, statuses, statuses_at_delivery)
JOIN reverification r ON r.id = n.id
