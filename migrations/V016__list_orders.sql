-- Lists whose cost follows the page, whatever they are sorted by, and however large the mailbox.

-- What RFC 8621 §4.4.2 sorts by, beside receivedAt. The id decides between equals, in the direction of the key, so that
-- each index serves both directions. Sort keys have 255 characters at most, which an entry of an index holds.
CREATE INDEX email_size ON email (account_id, size, id);
CREATE INDEX email_sent ON email (account_id, (coalesce(sent_at, '-infinity')), id);
CREATE INDEX email_from ON email (account_id, sort_from, id);
CREATE INDEX email_to ON email (account_id, sort_to, id);
CREATE INDEX email_subject ON email (account_id, sort_subject, id);

-- What may be rare among millions, by time.
CREATE INDEX email_attachment ON email (account_id, received_at DESC, id DESC) WHERE has_attachment;
-- S/MIME that is not verified, and what of it was at delivery (RFC 9219 §4.2).
CREATE INDEX email_unverified ON email (account_id, received_at DESC, id DESC)
    WHERE smime_status IS NOT NULL AND NOT smime_verified;
CREATE INDEX email_fallen ON email (account_id, received_at DESC, id DESC)
    WHERE smime_verified_at_delivery AND NOT smime_verified;
CREATE INDEX email_mailbox_unread ON email_mailbox (account_id, mailbox_id, received_at DESC, email_id DESC)
    INCLUDE (thread_id) WHERE is_unread;

-- The newest email of a thread in a mailbox: a mailbox with collapsed threads, newest first, is these rows in order
-- (RFC 8621 §4.4.3). Null only within the transaction that empties the row.
ALTER TABLE thread_mailbox
    ADD COLUMN newest_at timestamptz,
    ADD COLUMN newest_id bigint;
UPDATE thread_mailbox t SET newest_at = n.received_at, newest_id = n.email_id
FROM (
    SELECT DISTINCT ON (account_id, thread_id, mailbox_id) account_id, thread_id, mailbox_id, received_at, email_id
    FROM email_mailbox
    ORDER BY account_id, thread_id, mailbox_id, received_at DESC, email_id DESC
) n
WHERE (t.account_id, t.thread_id, t.mailbox_id) = (n.account_id, n.thread_id, n.mailbox_id);
CREATE INDEX thread_mailbox_newest ON thread_mailbox (account_id, mailbox_id, newest_at DESC, newest_id DESC);

-- Triggers keep it, so that no way in and no program that is older than these columns can forget it. What an email
-- repeats in email_mailbox never changes but is_unread. The tables of a trigger have no statistics: nothing but nested
-- loops over indexes is safe, with plans that do not depend on how new an account is (sql/account/lock.sql).
CREATE FUNCTION newest_of_thread(account bigint, thread bigint, mailbox bigint, OUT newest_at timestamptz, OUT newest_id bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    SELECT m.received_at, m.email_id INTO newest_at, newest_id
    FROM email e
    JOIN email_mailbox m ON m.account_id = e.account_id AND m.email_id = e.id AND m.mailbox_id = mailbox
    WHERE e.account_id = account AND e.thread_id = thread
    ORDER BY e.received_at DESC, e.id DESC
    LIMIT 1;
END $$;

-- Rows that come after their emails.
CREATE FUNCTION thread_mailbox_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT n.newest_at, n.newest_id INTO NEW.newest_at, NEW.newest_id
    FROM newest_of_thread(NEW.account_id, NEW.thread_id, NEW.mailbox_id) n;
    RETURN NEW;
END $$;
CREATE TRIGGER thread_mailbox_started BEFORE INSERT ON thread_mailbox
    FOR EACH ROW WHEN (NEW.newest_id IS NULL) EXECUTE FUNCTION thread_mailbox_starts();

CREATE FUNCTION mailbox_gains_emails() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    UPDATE thread_mailbox t SET newest_at = n.received_at, newest_id = n.email_id
    FROM (
        SELECT DISTINCT ON (account_id, thread_id, mailbox_id) account_id, thread_id, mailbox_id, received_at, email_id
        FROM gained
        ORDER BY account_id, thread_id, mailbox_id, received_at DESC, email_id DESC
    ) n
    WHERE t.account_id = n.account_id AND t.thread_id = n.thread_id AND t.mailbox_id = n.mailbox_id
      AND (t.newest_at IS NULL OR (t.newest_at, t.newest_id) < (n.received_at, n.email_id));
    RETURN NULL;
END $$;
CREATE FUNCTION mailbox_loses_emails() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    UPDATE thread_mailbox t
    SET (newest_at, newest_id) =
        (SELECT n.newest_at, n.newest_id FROM newest_of_thread(t.account_id, t.thread_id, t.mailbox_id) n)
    FROM lost l
    WHERE t.account_id = l.account_id AND t.thread_id = l.thread_id AND t.mailbox_id = l.mailbox_id
      AND t.newest_id = l.email_id;
    RETURN NULL;
END $$;
CREATE TRIGGER mailbox_gained AFTER INSERT ON email_mailbox REFERENCING NEW TABLE AS gained
    FOR EACH STATEMENT EXECUTE FUNCTION mailbox_gains_emails();
CREATE TRIGGER mailbox_lost AFTER DELETE ON email_mailbox REFERENCING OLD TABLE AS lost
    FOR EACH STATEMENT EXECUTE FUNCTION mailbox_loses_emails();
