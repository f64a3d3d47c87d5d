-- submission/settle: what an attempt came to for recipients that were queued; gives the submission if anything changed
WITH settled AS (
    UPDATE email_submission_recipient r
    SET smtp_reply = u.reply, delivered = u.delivered
    FROM unnest($3::integer[], $4::text[], $5::text[]) AS u (ordinal, reply, delivered)
    WHERE r.account_id = $1 AND r.submission_id = $2 AND r.ordinal = u.ordinal AND r.delivered = 'queued'
      AND (r.smtp_reply, r.delivered) IS DISTINCT FROM (u.reply, u.delivered)
    RETURNING u.delivered
)
UPDATE email_submission s
SET undo_status = CASE WHEN EXISTS (SELECT FROM settled WHERE delivered <> 'queued') THEN 'final' ELSE undo_status END
WHERE s.account_id = $1 AND s.id = $2 AND EXISTS (SELECT FROM settled)
