-- What the text conditions of RFC 8621 §4.4.1 search, in place of email_text: words in the order of the text instead of a
-- tsvector with positions, which takes more room than the text itself. The words are made by src/text and by nothing else.
CREATE TABLE email_search (
    account_id  bigint      NOT NULL,
    email_id    bigint      NOT NULL,
    -- Repeated here, so that lists of what was found need no row of email.
    thread_id   bigint      NOT NULL,
    received_at timestamptz NOT NULL,
    -- Day and week of received_at, then the words of header fields, each behind the letter of its field: "d:20000 w:2857 f:joe".
    fields      text        NOT NULL,
    -- The words of the body, a space before each.
    body        text        NOT NULL,
    -- The header fields, decoded and folded: a line feed before each, "name:value".
    headers     text        NOT NULL
) WITH (toast_tuple_target = 128);
-- The words of header fields stay in the row, where phrases are looked for; all else of a large message moves out of it.
ALTER TABLE email_search ALTER fields SET STORAGE MAIN;

-- Days and weeks since 1970, as text::Document::fields counts them.
CREATE FUNCTION search_time(received_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'd:' || floor(extract(epoch FROM received_at AT TIME ZONE 'UTC') / 86400)
        || ' w:' || floor(extract(epoch FROM received_at AT TIME ZONE 'UTC') / 604800)
$$;

-- A tsvector of email_text as the words of one column: those of header fields and of the names of attachments, or those of
-- the body. Addresses come before the words of their field.
CREATE FUNCTION search_words(words tsvector, is_body boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg(' ' || word, '' ORDER BY field, is_plain, position, word), '')
    FROM (
        SELECT CASE weight WHEN 'C' THEN 'a:' || lexeme ELSE lexeme END AS word,
               CASE weight WHEN 'A' THEN left(lexeme, 2) WHEN 'C' THEN 'a:' ELSE '' END AS field,
               strpos(lexeme, '@') = 0 AS is_plain, position
        FROM unnest(words) AS w, unnest(w.positions, w.weights) AS p (position, weight)
        WHERE weight <> 'A' OR substr(lexeme, 2, 1) = ':') AS known
    WHERE (field = '') = is_body
$$;

INSERT INTO email_search (account_id, email_id, thread_id, received_at, fields, body, headers)
SELECT e.account_id, e.id, e.thread_id, e.received_at,
       search_time(e.received_at) || search_words(t.words, false), search_words(t.words, true), t.headers
FROM email_text t JOIN email e ON e.account_id = t.account_id AND e.id = t.email_id;

ALTER TABLE email_search
    ADD PRIMARY KEY (account_id, email_id),
    ADD FOREIGN KEY (account_id, email_id) REFERENCES email (account_id, id) ON DELETE CASCADE;
CREATE INDEX email_search_words ON email_search
    USING gin (account_id, array_to_tsvector(string_to_array(fields || body, ' ')));

-- What nodes of the version before deliver meanwhile. They find what they delivered themselves; email_text, this trigger
-- and these functions go when no such node can be left.
CREATE FUNCTION search_from_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO email_search (account_id, email_id, thread_id, received_at, fields, body, headers)
    SELECT e.account_id, e.id, e.thread_id, e.received_at,
           search_time(e.received_at) || search_words(NEW.words, false), search_words(NEW.words, true), NEW.headers
    FROM email e WHERE e.account_id = NEW.account_id AND e.id = NEW.email_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER email_text_search AFTER INSERT ON email_text FOR EACH ROW EXECUTE FUNCTION search_from_text();
