-- blob/hold: which of these blobs are stored already; they stay until the transaction ends
SELECT hash FROM blob WHERE hash = ANY ($1) ORDER BY hash FOR KEY SHARE
