-- email/insert_signatures: the SignerInfos of messages
INSERT INTO email_signature (account_id, email_id, ordinal, signer_id, is_sender, digest, algorithm, signing_time, problems)
SELECT $1, r.*
FROM jsonb_to_recordset($2) AS r (email_id bigint, ordinal smallint, signer_id bigint, is_sender boolean,
                                  digest text, algorithm text, signing_time timestamptz, problems jsonb)
