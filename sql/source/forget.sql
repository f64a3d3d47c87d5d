-- source/forget: sources that no verdict wanted since $1 go
DELETE FROM source s
WHERE s.wanted_at < $1 AND NOT EXISTS (SELECT FROM signer_source w WHERE w.source_id = s.id)
