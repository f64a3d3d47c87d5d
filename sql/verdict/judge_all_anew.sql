-- verdict/judge_all_anew: all verdicts are due, and their messages are looked at whatever they say; where what is weak is
-- accepted from now on ($2), what failed at delivery may become verified
UPDATE verdict
SET expires_at = least(expires_at, $1), put_off_until = NULL, reverification_id = $3, is_judged_anew = true,
    reopened = reopened OR $2
