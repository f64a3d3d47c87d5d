-- verdict/expire_all: all verdicts are due
UPDATE verdict SET expires_at = $1 WHERE expires_at > $1
