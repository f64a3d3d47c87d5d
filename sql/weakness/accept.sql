-- weakness/accept: what is weak is accepted before this instant
INSERT INTO weak_algorithm AS w (name, accepted_before) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET accepted_before = excluded.accepted_before
WHERE w.accepted_before <> excluded.accepted_before
