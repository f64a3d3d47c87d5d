-- verdict/reopen_all: all verdicts are due, and may turn what failed at delivery into verified
UPDATE verdict
SET expires_at = least(expires_at, $1), put_off_until = NULL, reverification_id = $2, reopened = true
