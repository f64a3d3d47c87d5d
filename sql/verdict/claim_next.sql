-- verdict/claim_next: locks some verdicts that are due for longest and that nobody works on. Those that became due at one
-- instant come family by family, so that they share what they are evaluated with
SELECT signer_id
FROM verdict
WHERE expires_at <= $1 AND (put_off_until > $1) IS NOT TRUE
ORDER BY expires_at, family, signer_id
LIMIT $2
FOR UPDATE SKIP LOCKED
