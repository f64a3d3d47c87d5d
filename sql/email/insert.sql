-- email/insert: new emails with what their texts are found by, from one array of rows
WITH r AS MATERIALIZED (
    SELECT * FROM json_to_recordset($2::json) AS r (
        id bigint, thread_id bigint, received_at timestamptz, sent_at timestamptz, sent_offset smallint,
        size bigint, has_attachment boolean, blob_hash text, keywords text[], subject text,
        sender jsonb, from_ jsonb, to_ jsonb, cc jsonb, bcc jsonb, reply_to jsonb,
        message_id text[], in_reply_to text[], references_ text[], preview text,
        sort_from text, sort_to text, sort_subject text, fields text, body text, headers text)
), inserted AS (
    INSERT INTO email (account_id, id, thread_id, received_at, sent_at, sent_offset, size, has_attachment, blob_hash,
                       keywords, subject, sender, from_, to_, cc, bcc, reply_to, message_id, in_reply_to, references_,
                       preview, sort_from, sort_to, sort_subject)
    SELECT $1, id, thread_id, received_at, sent_at, sent_offset, size, has_attachment, decode(blob_hash, 'hex'),
           keywords, subject, sender, from_, to_, cc, bcc, reply_to, message_id, in_reply_to, references_,
           preview, sort_from, sort_to, sort_subject
    FROM r
)
INSERT INTO email_search (account_id, email_id, thread_id, received_at, fields, body, headers)
SELECT $1, id, thread_id, received_at, fields, body, headers FROM r
