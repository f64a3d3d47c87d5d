-- verdict/expire_all: all verdicts are due; where $3, what failed at delivery may become verified; where $4, their messages
-- are looked at whatever the verdicts say
UPDATE verdict
SET expires_at = least(expires_at, $1), put_off_until = NULL, reverification_id = $2, reopened = reopened OR $3,
    is_judged_anew = is_judged_anew OR $4
