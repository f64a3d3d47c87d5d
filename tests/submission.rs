//! Sending from end to end: over HTTP, by the worker of a node that nobody calls.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};
use signet::http::password;
use signet::provision;
use signet::query::Window;
use signet::query::submission::{SubmissionQuery, compile};
use signet::submit::RelayTls;
use signet::wire::filter::Filter;
use signet::wire::ids::{AccountId, EmailId, IdentityId, ThreadId};
use signet::wire::submission_filter::SubmissionCondition;

use crate::support::server::PASSWORD;
use crate::support::{Relay, TestDatabase, TestServer};

const USING: [&str; 3] =
    ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:submission"];

async fn call(server: &TestServer, name: &str, account: &str, method: &str, mut arguments: Value) -> Value {
    arguments["accountId"] = json!(account);
    let request = json!({"using": USING, "methodCalls": [[method, arguments, "0"]]});
    let request = server.client.post(server.url("/jmap/api")).basic_auth(name, Some(PASSWORD)).json(&request);
    request.send().await.unwrap().json::<Value>().await.unwrap()["methodResponses"][0][1].clone()
}

#[tokio::test]
async fn what_one_user_sends_the_other_finds_at_once_and_the_relay_gets_the_rest() {
    let relay = Relay::start_with(RelayTls::StartTls, &["8BITMIME", "AUTH PLAIN LOGIN"]).await;
    let options = relay.options();
    let mut authority = tempfile::NamedTempFile::new().unwrap();
    authority.write_all(options.authorities.as_deref().unwrap()).unwrap();
    let server = TestServer::start_with(|config| {
        config.relay.host = Some(options.host);
        config.relay.port = options.port;
        config.relay.ca_file = Some(authority.path().to_owned());
        config.relay.user = Some("signet".to_owned());
        // The worker is to hear of the message, not to look for it.
        config.submission.worker_interval_seconds = 86_400;
    })
    .await;
    let hash = password::hash(PASSWORD).unwrap();
    provision::create_account(&server.store, "bob@example.org", &hash).await.unwrap().unwrap();
    let session: Value = server.get("/jmap/session").send().await.unwrap().json().await.unwrap();
    let offered = &session["accounts"]["a1"]["accountCapabilities"]["urn:ietf:params:jmap:submission"];
    assert_eq!(offered["maxDelayedSend"], 2_592_000);
    assert_eq!(offered["submissionExtensions"]["SIZE"], json!(["50000000"]));
    assert_eq!(session["capabilities"]["urn:ietf:params:jmap:vacationresponse"], json!({}));

    let raw = "From: ann@example.org\r\nTo: bob@example.org, carl@elsewhere.example\r\nSubject: Herring\r\n\r\nHi\r\n";
    let email = server.import(raw.into(), "drafts", "2026-03-01T12:00:00Z").await;
    let ann = "ann@example.org";
    let identities = call(&server, ann, "a1", "Identity/get", json!({"ids": null})).await;
    let identity = &identities["list"][0]["id"];
    let create = json!({"k": {"identityId": identity, "emailId": email}});
    let set = call(&server, ann, "a1", "EmailSubmission/set", json!({"create": create})).await;
    let id = set["created"]["k"]["id"].as_str().unwrap_or_else(|| panic!("{set}")).to_owned();

    let arrived = async {
        let found = json!({"filter": {"subject": "Herring"}});
        while call(&server, "bob@example.org", "a2", "Email/query", found.clone()).await["ids"] == json!([])
            || relay.taken().is_empty()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived).await.unwrap();
    assert_eq!(relay.taken()[0].to, ["<carl@elsewhere.example>"]);
    assert!(relay.taken()[0].is_protected);
    let settled = async {
        loop {
            let got = call(&server, ann, "a1", "EmailSubmission/get", json!({"ids": [id]})).await;
            if got["list"][0]["undoStatus"] == "final" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.unwrap();
}

/// What waits is found by its time, and the newest submissions by theirs, however many there are.
#[tokio::test]
async fn the_outbox_and_the_first_page_of_submissions_come_from_their_indexes() {
    const FILL: &str = "
        INSERT INTO outgoing (account_id, id, blob_hash, mail_from, queued_at, release_at, expires_at, due_at)
        SELECT n % 50, n, '\\x00', '', t, t, t, t
        FROM generate_series(1, 20000) n, LATERAL (SELECT '2026-03-01'::timestamptz + n * interval '1 s' AS t) t;
        INSERT INTO email_submission (account_id, id, identity_id, email_id, thread_id, mail_from, send_at, undo_status)
        SELECT 1, n, n % 100, n, n, '', '2026-03-01'::timestamptz + n * interval '1 s', 'final'
        FROM generate_series(1, 20000) n;
        ANALYZE outgoing; ANALYZE email_submission;";
    let database = TestDatabase::new().await;
    let client = database.client();
    client.batch_execute(FILL).await.unwrap();
    let plan = async |sql: &str, parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)]| {
        let rows = client.query(&format!("EXPLAIN {sql}"), parameters).await.unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
    };
    let now: chrono::DateTime<chrono::Utc> = "2026-03-05T00:00:00Z".parse().unwrap();
    let claim = plan(include_str!("../sql/outgoing/claim.sql"), &[&now, &now]).await;
    assert!(claim.contains("Index Scan using outgoing_due_at") && !claim.contains("Seq Scan"), "{claim}");
    let statement = compile(&SubmissionQuery {
        account: AccountId(1),
        filter: None,
        sort: &[],
        window: Window::Position(0),
        limit: Some(50),
        calculate_total: false,
    });
    let page = plan(&statement.sql, &statement.parameters()).await;
    assert!(page.contains("email_submission_send_at") && !page.contains("Sort"), "{page}");
    let of_few = [
        ("email_submission_email", SubmissionCondition::Emails(vec![EmailId(7), EmailId(8)])),
        ("email_submission_thread", SubmissionCondition::Threads(vec![ThreadId(7)])),
        ("email_submission_identity", SubmissionCondition::Identities(vec![IdentityId(7)])),
    ];
    for (index, condition) in of_few {
        let filter = Filter::Condition(vec![condition]);
        let statement = compile(&SubmissionQuery {
            account: AccountId(1),
            filter: Some(&filter),
            sort: &[],
            window: Window::Position(0),
            limit: Some(50),
            calculate_total: true,
        });
        let page = plan(&statement.sql, &statement.parameters()).await;
        assert!(page.matches(index).count() == 2 && !page.contains("Seq Scan on email_submission"), "{page}");
    }
}
