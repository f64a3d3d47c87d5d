-- reverification/begin: that all verdicts become due
INSERT INTO reverification (verdicts, begun_at) SELECT count(*), $1 FROM verdict RETURNING id
