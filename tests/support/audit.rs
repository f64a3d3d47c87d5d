//! The consistency audit: what is stored twice agrees, and what is counted can be counted again.

use tokio_postgres::Client;

/// Each query finds what must not be; its first column says where.
const MUST_BE_EMPTY: &[(&str, &str)] = &[
    (
        "counters of mailboxes",
        "SELECT m.id::text || ' has ' || m.total_emails || '/' || m.unread_emails || '/' || m.total_threads || '/' || m.unread_threads
                || ' and should have ' || c.emails || '/' || c.unread || '/' || c.threads || '/' || c.unread_threads
         FROM mailbox m CROSS JOIN LATERAL (
             SELECT count(*) AS emails, count(*) FILTER (WHERE x.is_unread) AS unread, count(DISTINCT x.thread_id) AS threads,
                    count(DISTINCT x.thread_id) FILTER (WHERE CASE WHEN m.role = 'trash' THEN x.is_unread ELSE EXISTS (
                        SELECT FROM email_mailbox y JOIN mailbox n ON n.account_id = y.account_id AND n.id = y.mailbox_id
                        WHERE y.account_id = x.account_id AND y.thread_id = x.thread_id AND y.is_unread
                          AND n.role IS DISTINCT FROM 'trash') END) AS unread_threads
             FROM email_mailbox x WHERE x.account_id = m.account_id AND x.mailbox_id = m.id) c
         WHERE (m.total_emails, m.unread_emails, m.total_threads, m.unread_threads)
               IS DISTINCT FROM (c.emails, c.unread, c.threads, c.unread_threads)",
    ),
    (
        "counts of threads in mailboxes",
        "SELECT coalesce(t.thread_id, c.thread_id)::text
         FROM thread_mailbox t
         FULL JOIN (SELECT account_id, thread_id, mailbox_id, count(*) AS emails, count(*) FILTER (WHERE is_unread) AS unread
                    FROM email_mailbox GROUP BY 1, 2, 3) c USING (account_id, thread_id, mailbox_id)
         WHERE (t.emails, t.unread) IS DISTINCT FROM (c.emails, c.unread)",
    ),
    (
        "the newest emails of threads in mailboxes",
        "SELECT t.thread_id || ' in ' || t.mailbox_id
         FROM thread_mailbox t
         LEFT JOIN (SELECT DISTINCT ON (account_id, thread_id, mailbox_id) *
                    FROM email_mailbox ORDER BY account_id, thread_id, mailbox_id, received_at DESC, email_id DESC) m
              USING (account_id, thread_id, mailbox_id)
         WHERE (t.newest_at, t.newest_id) IS DISTINCT FROM (m.received_at, m.email_id)",
    ),
    (
        "memberships that repeat the email",
        "SELECT m.email_id::text FROM email_mailbox m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id
         WHERE (m.thread_id, m.received_at) IS DISTINCT FROM (e.thread_id, e.received_at)
            OR m.is_unread = (e.keywords && ARRAY['$seen', '$draft'])",
    ),
    (
        "emails in no mailbox",
        "SELECT e.id::text FROM email e
         WHERE NOT EXISTS (SELECT FROM email_mailbox m WHERE m.account_id = e.account_id AND m.email_id = e.id)",
    ),
    (
        "keywords stored twice",
        "SELECT coalesce(a.id, b.email_id)::text
         FROM (SELECT account_id, id, unnest(keywords) AS keyword, received_at FROM email) a
         FULL JOIN email_keyword b ON (b.account_id, b.email_id, b.keyword, b.received_at) = (a.account_id, a.id, a.keyword, a.received_at)
         WHERE a.id IS NULL OR b.email_id IS NULL",
    ),
    (
        "statuses that do not follow from facts and verdicts",
        "SELECT e.id || ': ' || coalesce(e.smime_status::text, 'null') || ' ' || coalesce(o.status::text, 'null')
         FROM email e LEFT JOIN email_smime_outcome o ON o.account_id = e.account_id AND o.email_id = e.id
         WHERE (e.smime_status, e.smime_errors) IS DISTINCT FROM (o.status, o.errors)",
    ),
    (
        "errors beside a status that has none",
        "SELECT id::text FROM email WHERE (smime_errors IS NOT NULL) <> coalesce(smime_status = 'signed/failed', false)",
    ),
    (
        "signers of accounts",
        "SELECT coalesce(a.signer_id, c.signer_id)::text
         FROM account_signer a
         FULL JOIN (SELECT account_id, signer_id, count(DISTINCT email_id) AS emails FROM email_signature WHERE is_sender GROUP BY 1, 2) c
              USING (account_id, signer_id)
         WHERE a.emails IS DISTINCT FROM c.emails",
    ),
    (
        "certificates that accounts have seen",
        "SELECT coalesce(k.account_id, c.account_id) || ' ' || encode(coalesce(k.fingerprint, c.leaf), 'hex')
         FROM account_certificate k
         FULL JOIN (
             SELECT s.account_id, g.leaf,
                    min(least(e.received_at, f.checked_at)) FILTER (WHERE signature_is_intact(s.problems, f.problems)) AS at
             FROM email_signature s JOIN signer g ON g.id = s.signer_id
             JOIN email_smime f ON f.account_id = s.account_id AND f.email_id = s.email_id
             JOIN email e ON e.account_id = s.account_id AND e.id = s.email_id
             GROUP BY 1, 2) c
             ON c.account_id = k.account_id AND c.leaf = k.fingerprint
         WHERE c.leaf IS NULL OR k.first_seen_at > c.at OR k.fingerprint IS NULL AND c.at IS NOT NULL",
    ),
    (
        "emails without text or bytes",
        "SELECT e.id::text FROM email e
         WHERE NOT EXISTS (SELECT FROM email_search t WHERE t.account_id = e.account_id AND t.email_id = e.id
                           AND t.thread_id = e.thread_id AND t.received_at = e.received_at)
            OR NOT EXISTS (SELECT FROM blob b WHERE b.hash = e.blob_hash AND b.size = e.size)",
    ),
    (
        "what accounts hold",
        "SELECT a.id || ' holds ' || c.octets || ' octets in ' || c.emails || ' emails, not ' || a.used_octets || ' in ' || a.used_emails
         FROM account a CROSS JOIN LATERAL (
             SELECT coalesce(sum(e.size), 0) AS octets, count(*) AS emails FROM email e WHERE e.account_id = a.id) c
         WHERE (a.used_octets, a.used_emails) IS DISTINCT FROM (c.octets, c.emails)",
    ),
    (
        "what logins have of uploads",
        "SELECT coalesce(r.login_name, c.login_name) || ' has ' || coalesce(c.octets, 0) || ' octets, not ' || coalesce(r.octets, 0)
         FROM upload_room r
         FULL JOIN (SELECT account_id, login_name, sum(octets) AS octets FROM upload WHERE NOT is_held GROUP BY 1, 2) c
              USING (account_id, login_name)
         WHERE coalesce(r.octets, 0) <> coalesce(c.octets, 0)",
    ),
    (
        "uploads that emails hold",
        "SELECT u.account_id || ' ' || encode(u.hash, 'hex') FROM upload u
         WHERE u.is_held <> EXISTS (SELECT FROM email e WHERE e.account_id = u.account_id AND e.blob_hash = u.hash)",
    ),
    (
        "states that are not the newest change",
        "SELECT s.account_id::text FROM data_type_state s
         WHERE s.state <> greatest((SELECT max(c.state) FROM change c WHERE c.account_id = s.account_id AND c.data_type = s.data_type),
                                   s.oldest)",
    ),
    (
        "states with a gap",
        "SELECT a.id::text FROM account a
         WHERE a.state <> (SELECT count(*) FROM change c WHERE c.account_id = a.id)
                          + (SELECT coalesce(max(s.oldest), 0) FROM data_type_state s WHERE s.account_id = a.id)",
    ),
    (
        "references to blobs that are gone",
        "SELECT encode(r.hash, 'hex') FROM (
             SELECT hash FROM upload UNION ALL SELECT blob_hash FROM outgoing UNION ALL SELECT blob_hash FROM email_submission_report) r
         WHERE NOT EXISTS (SELECT FROM blob b WHERE b.hash = r.hash)",
    ),
    (
        "blobs that nobody refers to and nobody noticed",
        "SELECT encode(b.hash, 'hex') FROM blob b
         WHERE NOT EXISTS (SELECT FROM email e WHERE e.blob_hash = b.hash) AND NOT EXISTS (SELECT FROM upload u WHERE u.hash = b.hash)
           AND NOT EXISTS (SELECT FROM outgoing o WHERE o.blob_hash = b.hash)
           AND NOT EXISTS (SELECT FROM email_submission_report r WHERE r.blob_hash = b.hash)
           AND NOT EXISTS (SELECT FROM blob_orphan n WHERE n.hash = b.hash)",
    ),
];

/// Panics with everything that is not consistent.
pub async fn audit(client: &Client) {
    let mut findings = Vec::new();
    for (what, query) in MUST_BE_EMPTY {
        for row in client.query(*query, &[]).await.unwrap() {
            findings.push(format!("{what}: {}", row.get::<_, &str>(0)));
        }
    }
    assert!(findings.is_empty(), "the audit found:\n{}", findings.join("\n"));
}
