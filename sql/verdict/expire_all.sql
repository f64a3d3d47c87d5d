-- verdict/expire_all: all verdicts are due
UPDATE verdict SET expires_at = least(expires_at, $1), put_off_until = NULL, reverification_id = $2
