-- What the text conditions of RFC 8621 §4.4.1 search, in place of email_text: words in the order of the text instead of a
-- tsvector with positions, which takes more room than the text itself. The words are made by src/text and by nothing else.
CREATE TABLE email_search (
    account_id  bigint      NOT NULL,
    email_id    bigint      NOT NULL,
    -- Repeated here, so that lists of what was found need no row of email.
    thread_id   bigint      NOT NULL,
    received_at timestamptz NOT NULL,
    -- The week of received_at, then the words of header fields, each behind the letter of its field: "w:2857 f:joe".
    fields      text        NOT NULL,
    -- The words of the body, a space before each.
    body        text        NOT NULL,
    -- The header fields, decoded and folded: a line feed before each, "name:value".
    headers     text        NOT NULL
) WITH (toast_tuple_target = 128);
-- The words of header fields stay in the row, where phrases are looked for; all else of a large message moves out of it.
ALTER TABLE email_search ALTER fields SET STORAGE MAIN;

-- What the index holds of a row. It is made from the texts each time that somebody looks at a row, which the planner must
-- know: it would read a whole table for a frequent word.
CREATE FUNCTION search_lexemes(fields text, body text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 3000 AS $$
BEGIN
    RETURN array_to_tsvector(string_to_array(fields || body, ' '));
END
$$;

-- Weeks since 1970, as text::Document::fields counts them.
CREATE FUNCTION search_week(received_at timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'w:' || floor(extract(epoch FROM received_at AT TIME ZONE 'UTC') / 604800)
$$;

-- A tsvector of email_text as the words of one column: those of header fields and of the names of attachments, or those of
-- the body. Addresses come before the words of their field. What a script without spaces made one word becomes pairs.
CREATE FUNCTION search_words(words tsvector, is_body boolean) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg(CASE WHEN word ~ '^(.:)?[\u0E01-\u0E4E\u0E81-\u0ECD\u1000-\u103E\u1780-\u17D3]+$' THEN (
               SELECT string_agg(' ' || field || substr(word, length(field) + n, 2), '' ORDER BY n)
               FROM generate_series(1, length(word) - length(field)) AS n) ELSE ' ' || word END,
           '' ORDER BY field, is_plain, position, word), '')
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
       search_week(e.received_at) || search_words(t.words, false), search_words(t.words, true), t.headers
FROM email_text t JOIN email e ON e.account_id = t.account_id AND e.id = t.email_id;

ALTER TABLE email_search
    ADD PRIMARY KEY (account_id, email_id),
    ADD FOREIGN KEY (account_id, email_id) REFERENCES email (account_id, id) ON DELETE CASCADE;
CREATE INDEX email_search_words ON email_search
    USING gin (account_id, search_lexemes(fields, body));

-- What nodes of the version before deliver meanwhile. email_text, this trigger, and search_week and search_words can go when
-- no such node is left.
CREATE FUNCTION search_from_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO email_search (account_id, email_id, thread_id, received_at, fields, body, headers)
    SELECT e.account_id, e.id, e.thread_id, e.received_at,
           search_week(e.received_at) || search_words(NEW.words, false), search_words(NEW.words, true), NEW.headers
    FROM email e WHERE e.account_id = NEW.account_id AND e.id = NEW.email_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER email_text_search AFTER INSERT ON email_text FOR EACH ROW EXECUTE FUNCTION search_from_text();
