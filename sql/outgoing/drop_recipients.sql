-- outgoing/drop_recipients: recipients of whom there is nothing more to do
DELETE FROM outgoing_recipient
WHERE account_id = $1 AND outgoing_id = $2 AND ordinal = ANY ($3) AND outcome <> 'queued'
