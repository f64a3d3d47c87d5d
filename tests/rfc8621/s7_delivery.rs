//! RFC 8621 §7: what becomes of a submission on its way: local delivery, the relay, attempts, reports.

use serde_json::{Value, json};
use signet::store::account;

use crate::support::audit::audit;
use crate::support::office::{ANN, BOB, from_ann};
use crate::support::{Office, Relay};

const CARL: &str = "carl@elsewhere.example";
const DORA: &str = "dora@elsewhere.example";

async fn statuses(office: &Office, id: &str) -> Value {
    office.submission(id).await["deliveryStatus"].clone()
}

fn status(reply: &str, delivered: &str) -> Value {
    json!({"smtpReply": reply, "delivered": delivered, "displayed": "unknown"})
}

#[tokio::test]
async fn mail_between_two_users_arrives_without_its_bcc_and_the_sent_message_keeps_it() {
    let office = Office::new().await;
    let raw = from_ann("To: bob@example.org\r\nBcc: ann@example.org,\r\n bob+hidden@example.org\r\n");
    let set = office.submit(&raw).await;
    let id = set["created"]["k"]["id"].as_str().unwrap().to_owned();
    assert_eq!(office.work().await, 1);
    let found = office.bob("Email/query", json!({"filter": {"text": "noon"}})).await;
    let got = office
        .bob(
            "Email/get",
            json!({"ids": found["ids"], "properties": ["from", "subject", "bcc", "keywords", "receivedAt"]}),
        )
        .await;
    let mut email = got["list"][0].clone();
    email["id"] = json!("[id]");
    assert_eq!(
        email,
        json!({
            "id": "[id]", "keywords": {}, "receivedAt": "2026-03-01T12:00:00Z", "bcc": null,
            "from": [{"name": "Ann", "email": ANN}], "subject": "Lunch",
        })
    );
    let arrived = office.inbox(office.bob).await;
    assert_eq!(arrived.len(), 1);
    assert!(!arrived[0].contains("hidden"), "{}", arrived[0]);
    // To herself too, beside her draft, which is as she wrote it.
    assert_eq!(office.inbox(office.ann).await, arrived);
    let draft = office.submission(&id).await["emailId"].clone();
    let got = office.ann("Email/get", json!({"ids": [draft], "properties": ["bcc"]})).await;
    assert_eq!(got["list"][0]["bcc"].as_array().unwrap().len(), 2);
    audit(office.database.client()).await;
}

#[tokio::test]
async fn a_message_without_date_and_id_gets_them_on_its_way() {
    let office = Office::new().await;
    office.submit("From: ann@example.org\r\nTo: bob@example.org\r\n\r\nHi\r\n").await;
    office.work().await;
    let arrived = &office.inbox(office.bob).await[0];
    assert!(arrived.contains("\r\nDate: Sun, 1 Mar 2026 12:00:00 +0000\r\n"), "{arrived}");
    assert!(arrived.contains("@mail.example.org>\r\n"), "{arrived}");
}

#[tokio::test]
async fn the_relay_gets_the_message_with_its_envelope_and_each_recipient_its_own_reply() {
    let relay = Relay::start(&["8BITMIME", "SIZE 100000", "DSN", "SMTPUTF8"]).await;
    let office = Office::behind(&relay).await;
    relay.rcpt(CARL, "250-2.1.5 Carl is\r\n250 2.1.5 known");
    relay.rcpt(DORA, "550-5.1.1 There is\r\n550 5.1.1 no Dora");
    let envelope = json!({
        "mailFrom": {"email": ANN, "parameters": {"RET": "HDRS", "envid": "a+b"}},
        "rcptTo": [
            {"email": CARL, "parameters": {"NOTIFY": "SUCCESS,FAILURE", "ORCPT": "rfc822;c=d@x"}},
            {"email": DORA},
            {"email": BOB},
        ],
    });
    let id = office.send_in(&from_ann("Bcc: carl@elsewhere.example\r\n"), envelope).await;
    office.work().await;
    assert_eq!(
        statuses(&office, &id).await,
        json!({
            CARL: status("250 2.1.5 Carl is known", "unknown"),
            DORA: status("550 5.1.1 There is no Dora", "no"),
            BOB: status("250 2.1.5 Delivered", "yes"),
        })
    );
    let taken = relay.taken();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].from.starts_with("<ann@example.org> SIZE="), "{}", taken[0].from);
    assert!(taken[0].from.ends_with(" RET=HDRS ENVID=a+2Bb"), "{}", taken[0].from);
    assert_eq!(taken[0].to, ["<carl@elsewhere.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;c+3Dd@x"]);
    assert_eq!(taken[0].message, office.inbox(office.bob).await[0]);
    assert!(taken[0].message.ends_with("\r\nAt noon?\r\n.dot\r\n"));
    audit(office.database.client()).await;
}

#[tokio::test]
async fn a_temporary_no_is_tried_again_for_those_who_are_left() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    relay.rcpt(DORA, "451 4.7.1 Come back later");
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL, DORA]).await;
    assert_eq!(office.work().await, 1);
    let after_one = office.submission(&id).await;
    assert_eq!(after_one["undoStatus"], "final");
    assert_eq!(after_one["deliveryStatus"][DORA], status("451 4.7.1 Come back later", "queued"));
    office.wait(299);
    assert_eq!(office.work().await, 0);
    office.wait(1);
    assert_eq!(office.work().await, 1);
    assert_eq!(statuses(&office, &id).await[DORA], status("250 2.1.5 Ok", "unknown"));
    let taken = relay.taken();
    assert_eq!(taken.iter().map(|taken| taken.to.len()).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(taken[0].message, taken[1].message);
    assert_eq!(office.work().await, 0);
    assert_eq!(office.inbox(office.ann).await.len(), 0);
}

#[tokio::test]
async fn what_nobody_took_yet_can_be_called_back_between_attempts() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    relay.mail("421 4.3.2 Closing");
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL]).await;
    office.work().await;
    assert_eq!(office.submission(&id).await["undoStatus"], "pending");
    assert_eq!(statuses(&office, &id).await[CARL], status("421 4.3.2 Closing", "queued"));
    let set = office.ann("EmailSubmission/set", json!({"update": {&id: {"undoStatus": "canceled"}}})).await;
    assert!(set["updated"].is_object(), "{set}");
    office.wait(3600);
    assert_eq!(office.work().await, 0);
    assert_eq!(relay.taken(), []);
}

#[tokio::test]
async fn a_message_that_is_refused_as_a_whole_is_refused_for_all() {
    let relay = Relay::start(&["8BITMIME", "SMTPUTF8"]).await;
    let office = Office::behind(&relay).await;
    relay.rcpt(DORA, "550 5.1.1 No Dora");
    relay.data("554-5.7.1 Spam\r\n554 5.7.1 says the filter");
    let id = office.send(&from_ann("X: ü\r\n"), &[CARL, DORA]).await;
    office.work().await;
    assert_eq!(
        statuses(&office, &id).await,
        json!({CARL: status("554 5.7.1 Spam says the filter", "no"), DORA: status("550 5.1.1 No Dora", "no")})
    );
    assert!(relay.commands().iter().any(|line| line.ends_with(" BODY=8BITMIME SMTPUTF8")));
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    relay.break_after_message();
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL]).await;
    office.work().await;
    assert_eq!(
        statuses(&office, &id).await[CARL],
        status("451 4.4.2 The connection to the relay broke", "queued")
    );
    office.wait(300);
    office.work().await;
    assert_eq!(relay.taken().len(), 1);
    assert_eq!(statuses(&office, &id).await[CARL]["delivered"], "unknown");
}

#[tokio::test]
async fn an_account_that_is_full_keeps_the_message_waiting() {
    let office = Office::new().await;
    office.arrives(Some(CARL), BOB, "From: carl@elsewhere.example\r\n\r\nFirst.\r\n").await;
    let sql = "UPDATE account SET emails_limit = 1 WHERE name = 'bob@example.org'";
    office.database.client().execute(sql, &[]).await.unwrap();
    let id = office.send(&from_ann("X: 1\r\n"), &[BOB]).await;
    office.work().await;
    assert_eq!(statuses(&office, &id).await[BOB], status("452 4.2.2 The account is full", "queued"));
    let sql = "UPDATE account SET emails_limit = NULL";
    office.database.client().execute(sql, &[]).await.unwrap();
    office.wait(300);
    office.work().await;
    assert_eq!(statuses(&office, &id).await[BOB]["delivered"], "yes");
    assert_eq!(office.inbox(office.bob).await.len(), 2);
    audit(office.database.client()).await;
}

/// §7.5: forbiddenToSend, and what is on its way is held as well.
#[tokio::test]
async fn an_account_that_is_kept_from_sending_sends_nothing_until_it_may_again() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    let may_send = async |may_send: bool| {
        let set = office.trust.store().transaction("test/sending", async |transaction| {
            account::set_may_send(transaction, office.ann, may_send).await
        });
        set.await.unwrap();
    };
    let old = office.send(&from_ann("X: 1\r\n"), &[BOB, CARL]).await;
    may_send(false).await;
    let set = office.submit(&from_ann("To: bob@example.org\r\n")).await;
    assert_eq!(set["notCreated"]["k"]["type"], "forbiddenToSend");
    assert!(!set["notCreated"]["k"]["description"].as_str().unwrap().is_empty());
    office.ann("VacationResponse/set", json!({"update": {"singleton": {"isEnabled": true}}})).await;
    office
        .arrives(Some(CARL), ANN, "From: carl@elsewhere.example\r\nTo: ann@example.org\r\n\r\nHi\r\n")
        .await;
    assert_eq!(office.work().await, 1);
    let held = status("450 4.7.1 The account may not send at present", "queued");
    assert_eq!(statuses(&office, &old).await, json!({BOB: held, CARL: held}));
    assert_eq!((relay.taken(), office.inbox(office.bob).await.len()), (vec![], 0));
    // Others send as before.
    office.bob("VacationResponse/set", json!({"update": {"singleton": {"isEnabled": true}}})).await;
    office
        .arrives(Some(CARL), BOB, "From: carl@elsewhere.example\r\nTo: bob@example.org\r\n\r\nHi\r\n")
        .await;
    assert_eq!(office.work().await, 1);
    assert_eq!(relay.taken().len(), 1);

    may_send(true).await;
    office.wait(300);
    assert_eq!(office.work().await, 1);
    assert_eq!(statuses(&office, &old).await[BOB]["delivered"], "yes");
    assert_eq!(relay.taken().len(), 2);
    audit(office.database.client()).await;
}

#[tokio::test]
async fn octets_and_addresses_that_the_relay_cannot_take_fail_at_once() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    let octets = office.send(&from_ann("X: ü\r\n"), &[CARL]).await;
    let address = office.send(&from_ann("X: u\r\n"), &["jürgen@elsewhere.example"]).await;
    office.work().await;
    assert_eq!(statuses(&office, &octets).await[CARL]["delivered"], "no");
    assert_eq!(statuses(&office, &address).await["jürgen@elsewhere.example"]["delivered"], "no");
    assert_eq!(relay.taken(), []);
}

#[tokio::test]
async fn what_fails_comes_back_as_a_report() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    relay.rcpt(CARL, "550 5.1.1 No Carl");
    relay.rcpt(DORA, "550 5.1.1 No Dora");
    let envelope = json!({
        "mailFrom": {"email": ANN, "parameters": {"ENVID": "x=1", "HOLDFOR": "60"}},
        "rcptTo": [
            {"email": CARL, "parameters": {"ORCPT": "rfc822;carl@old.example"}},
            {"email": DORA, "parameters": {"NOTIFY": "NEVER"}},
            {"email": BOB, "parameters": {"NOTIFY": "SUCCESS"}},
        ],
    });
    let id = office.send_in(&from_ann("To: carl@elsewhere.example\r\n"), envelope).await;
    office.wait(60);
    office.work().await;
    let inbox = office.inbox(office.ann).await;
    assert_eq!(inbox.len(), 1);
    insta::assert_snapshot!(inbox[0].replace("\r\n", "\n"));
    let submission = office.submission(&id).await;
    let inbox_id = office.mailbox(office.ann, "inbox").await;
    let report = office.ann("Email/query", json!({"filter": {"inMailbox": inbox_id}})).await["ids"].clone();
    let report = office.ann("Email/get", json!({"ids": report, "properties": ["blobId"]})).await;
    assert_eq!(submission["dsnBlobIds"], json!([report["list"][0]["blobId"]]));
    assert_eq!(submission["mdnBlobIds"], json!([]));
    // The report is no message of the account's own: nothing is sent for it.
    office.wait(3600);
    assert_eq!(office.work().await, 0);
    audit(office.database.client()).await;
}

#[tokio::test]
async fn what_is_tried_too_long_has_failed() {
    let office_relay = Relay::start(&[]).await;
    let office = Office::open(Some(office_relay.options()), |options| {
        options.max_age = std::time::Duration::from_secs(400);
    })
    .await;
    for _ in 0..3 {
        office_relay.rcpt(CARL, "450 4.2.1 Busy");
    }
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL]).await;
    office.work().await;
    office.wait(300);
    office.work().await;
    assert_eq!(statuses(&office, &id).await[CARL]["delivered"], "queued");
    office.wait(600);
    office.work().await;
    assert_eq!(statuses(&office, &id).await[CARL], status("450 4.2.1 Busy", "no"));
    let inbox = office.inbox(office.ann).await;
    assert!(inbox[0].contains("\r\nStatus: 5.2.1\r\n"), "{}", inbox[0]);
    assert_eq!(office.work().await, 0);
}

#[tokio::test]
async fn no_report_goes_to_the_null_reverse_path() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    relay.rcpt(CARL, "550 5.1.1 No Carl");
    let envelope = json!({"mailFrom": {"email": ""}, "rcptTo": [{"email": CARL}]});
    let id = office.send_in(&from_ann("X: 1\r\n"), envelope).await;
    office.work().await;
    assert_eq!(statuses(&office, &id).await[CARL]["delivered"], "no");
    assert_eq!(office.inbox(office.ann).await, [""; 0]);
    assert!(relay.commands().contains(&"MAIL FROM:<>".to_owned()));
    let rows = office.database.client().query("SELECT FROM outgoing", &[]).await.unwrap();
    assert_eq!(rows.len(), 0);
}

#[tokio::test]
async fn a_message_whose_worker_died_is_sent_when_its_lease_has_run_out() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL, BOB]).await;
    // A worker takes the lease, and is never heard of again.
    let until = office.clock.now() + chrono::Duration::minutes(30);
    let claimed = signet::store::outgoing::claim(office.trust.store(), until).await.unwrap();
    assert!(claimed.is_some());
    assert_eq!(office.work().await, 0);
    let set = office.ann("EmailSubmission/set", json!({"update": {&id: {"undoStatus": "canceled"}}})).await;
    assert_eq!(set["notUpdated"][&id]["type"], "cannotUnsend");
    office.wait(30 * 60);
    assert_eq!(office.work().await, 1);
    assert_eq!(relay.taken().len(), 1);
    assert_eq!(office.inbox(office.bob).await.len(), 1);
}

#[tokio::test]
async fn a_crash_between_sending_and_noting_sends_once_more_and_stores_once() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL, BOB]).await;
    let client = office.database.client();
    // Nothing can be noted: as if the node died right after it had sent.
    client.batch_execute("ALTER TABLE outgoing_recipient RENAME COLUMN settled_at TO gone").await.unwrap();
    assert!(office.submitter.send_next().await.unwrap());
    client.batch_execute("ALTER TABLE outgoing_recipient RENAME COLUMN gone TO settled_at").await.unwrap();
    assert_eq!(statuses(&office, &id).await[BOB]["delivered"], "queued");
    office.wait(30 * 60);
    assert_eq!(office.work().await, 1);
    let delivered = statuses(&office, &id).await;
    assert_eq!(
        (&delivered[BOB]["delivered"], &delivered[CARL]["delivered"]),
        (&json!("yes"), &json!("unknown"))
    );
    assert_eq!(office.inbox(office.bob).await.len(), 1);
    assert!(relay.taken().len() <= 2);
    audit(client).await;
}

#[tokio::test]
async fn two_workers_never_send_one_message_both() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    for number in 0..6 {
        office.send(&from_ann(&format!("X: {number}\r\n")), &[CARL]).await;
    }
    let counts = futures_util::future::join_all((0..3).map(|_| office.work())).await;
    assert_eq!(counts.iter().sum::<usize>(), 6);
    assert_eq!(relay.taken().len(), 6);
}

#[tokio::test]
async fn a_report_from_elsewhere_decides_what_was_not_known() {
    let relay = Relay::start(&["DSN"]).await;
    let office = Office::behind(&relay).await;
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL, DORA]).await;
    office.work().await;
    let from = relay.taken()[0].from.clone();
    let envid = from.split("ENVID=").nth(1).unwrap();
    let report = |envid: &str| {
        format!(
            "From: MAILER-DAEMON@elsewhere.example\r\nTo: ann@example.org\r\nX-For: {envid}\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; elsewhere.example\r\nOriginal-Envelope-Id: {envid}\r\n\r\n\
             Final-Recipient: rfc822; Carl@elsewhere.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n\
             Final-Recipient: rfc822; dora@elsewhere.example\r\nAction: failed\r\nStatus: 5.2.1\r\n\
             Diagnostic-Code: smtp; 550 5.2.1 Gone\r\n\r\n--b--\r\n"
        )
    };
    // Bob cannot decide what becomes of Ann's mail, and a report of nothing changes nothing.
    office.arrives(None, BOB, &report(envid)).await;
    office.arrives(None, ANN, &report("a1.999")).await;
    office.arrives(None, ANN, &report("nonsense")).await;
    assert_eq!(statuses(&office, &id).await[CARL]["delivered"], "unknown");
    let raw = report(envid);
    office.arrives(None, ANN, &raw.replace("X-For", "X-By")).await;
    let submission = office.submission(&id).await;
    assert_eq!(submission["deliveryStatus"][CARL], status("250 2.1.5 Ok", "yes"));
    assert_eq!(submission["deliveryStatus"][DORA], status("550 5.2.1 Gone", "no"));
    assert_eq!(submission["dsnBlobIds"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_notification_of_disposition_tells_that_the_message_was_displayed() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    let id = office.send(&from_ann("X: 1\r\n"), &[CARL]).await;
    office.work().await;
    let mdn = "From: carl@elsewhere.example\r\nTo: ann@example.org\r\n\
               Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n\
               --b\r\n\r\nSeen.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n\
               Final-Recipient: rfc822; carl@elsewhere.example\r\nOriginal-Message-ID: <lunch@example.org>\r\n\
               Disposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--\r\n";
    office.arrives(Some(CARL), ANN, mdn).await;
    let submission = office.submission(&id).await;
    assert_eq!(submission["deliveryStatus"][CARL]["displayed"], "yes");
    assert_eq!(submission["deliveryStatus"][CARL]["delivered"], "unknown");
    assert_eq!(submission["mdnBlobIds"].as_array().unwrap().len(), 1);
    // Whoever got the message can send any number of them: there is an end to what is kept.
    let many = "INSERT INTO email_submission_report (account_id, submission_id, ordinal, kind, blob_hash)
                SELECT account_id, submission_id, n, kind, decode(lpad(to_hex(n), 64, '0'), 'hex')
                FROM email_submission_report, generate_series(2, 1000) AS n";
    office.database.client().execute(many, &[]).await.unwrap();
    let before = office.submission(&id).await;
    office.arrives(Some(CARL), ANN, &mdn.replace("Seen.", "Seen again.")).await;
    assert_eq!(office.submission(&id).await, before);
    assert_eq!(submission["dsnBlobIds"], json!([]));
}
