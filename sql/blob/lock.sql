-- blob/lock: which of these blobs nobody is about to refer to, and nobody can until the transaction ends
SELECT hash FROM blob WHERE hash = ANY ($1) ORDER BY hash FOR UPDATE SKIP LOCKED
