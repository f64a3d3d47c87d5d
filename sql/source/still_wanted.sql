-- source/still_wanted: notes, once a day, which sources some verdict wants
UPDATE source s
SET wanted_at = $1
WHERE s.wanted_at < $2 AND EXISTS (SELECT FROM signer_source w WHERE w.source_id = s.id)
