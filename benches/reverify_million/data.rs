//! A million signed messages as rows: what a delivery stores of them that verdicts, filters and lists read.

use chrono::{DateTime, Utc};
use signet::cli::generate::Signers;
use signet::store::signer::SignerId;
use signet::wire::ids::AccountId;
use tokio_postgres::Client;

/// Messages that one statement makes.
const BATCH: i64 = 50_000;

/// Who has mail of whom.
pub(super) struct World {
    pub(super) signers: Signers,
    pub(super) signer_ids: Vec<SignerId>,
    /// The first has half of the messages, the others share the rest.
    pub(super) accounts: Vec<AccountId>,
}

/// The address of a signer.
pub(super) fn address(number: usize) -> String {
    format!("signer{number}@generated.example")
}

/// Makes the signers, and messages by them in accounts that are there. The first signers write often.
pub(super) async fn fill(
    client: &mut Client,
    accounts: Vec<AccountId>,
    (messages, signers): (usize, usize),
    until: DateTime<Utc>,
) -> World {
    let addresses: Vec<String> = (0..signers).map(address).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let signers = Signers::new(1, until, &addresses).unwrap();
    let transaction = client.transaction().await.unwrap();
    let signer_ids = signers.insert(&transaction).await.unwrap();
    transaction.commit().await.unwrap();
    let ids: Vec<i64> = signer_ids.iter().map(|signer| signer.0).collect();
    let account_ids: Vec<i64> = accounts.iter().map(|account| account.0).collect();
    client.batch_execute(PREPARE).await.unwrap();
    let messages = messages as i64;
    for first in (0..messages).step_by(BATCH as usize) {
        let last = messages.min(first + BATCH) - 1;
        client.batch_execute("TRUNCATE picked").await.unwrap();
        client.execute(PICK, &[&first, &last, &ids, &account_ids, &until]).await.unwrap();
        client.batch_execute(ROWS).await.unwrap();
    }
    client.batch_execute(FOLLOWS).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    World { signers, signer_ids, accounts }
}

const PREPARE: &str = "
    SELECT setseed(0.5);
    CREATE TEMP TABLE picked (id bigint, account_id bigint, signer_id bigint, received_at timestamptz,
                              status smime_status, at_delivery smime_status, errors jsonb)";

const PICK: &str = "INSERT INTO picked
    SELECT p.n + 1000 AS id, p.account_id, p.signer_id, p.received_at,
           CASE WHEN v.verified_at IS NULL THEN 'signed' WHEN v.is_good THEN 'signed/verified'
                ELSE 'signed/failed' END::smime_status AS status,
           CASE WHEN v.verified_at IS NULL THEN 'signed' WHEN p.received_at <@ v.good THEN 'signed/verified'
                WHEN p.received_at <@ v.undetermined THEN 'signed' ELSE 'signed/failed' END::smime_status AS at_delivery,
           CASE WHEN v.verified_at IS NOT NULL AND NOT v.is_good THEN v.problems END AS errors
    FROM (
        SELECT n, ($3::bigint[])[floor(power(cardinality($3) + 1, random()))::integer] AS signer_id,
               ($4::bigint[])[CASE WHEN random() < 0.5 THEN 1 ELSE 2 + floor(random() * (cardinality($4) - 1))::integer END]
                   AS account_id,
               $5::timestamptz - random() * interval '1800 days' AS received_at
        FROM generate_series($1::bigint, $2::bigint) n
    ) p
    JOIN verdict v ON v.signer_id = p.signer_id";

const ROWS: &str = "
    INSERT INTO email (account_id, id, thread_id, received_at, size, has_attachment, smime_status,
                       smime_status_at_delivery, blob_hash, keywords, subject, preview, sort_from, sort_to, sort_subject,
                       smime_errors)
    SELECT account_id, id, id, received_at, 5000, false, status, at_delivery, sha256(id::text::bytea), '{}',
           'Message ' || id, 'The beginning of message ' || id, 'signer', 'reader', 'message ' || id, errors
    FROM picked;
    INSERT INTO email_smime (account_id, email_id, form, problems, checked_at)
    SELECT account_id, id, 'clear-signed', '[]', received_at FROM picked;
    INSERT INTO email_signature (account_id, email_id, ordinal, signer_id, is_sender, digest, algorithm, problems)
    SELECT account_id, id, 0, signer_id, true, 'sha512', 'ed25519', '[]' FROM picked";

const FOLLOWS: &str = "
    INSERT INTO account_signer (account_id, signer_id, emails)
    SELECT account_id, signer_id, count(*) FROM email_signature GROUP BY 1, 2;
    UPDATE account SET next_id = greatest(next_id, (SELECT max(id) + 1 FROM email))";
