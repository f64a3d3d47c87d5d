//! RFC 8621 §7: EmailSubmission, as clients see it.

use serde_json::{Value, json};

use crate::support::office::{ANN, BOB, USING, from_ann};
use crate::support::{Office, Relay};

#[tokio::test]
async fn s7_5_a_submission_says_all_that_follows_from_the_email() {
    let office = Office::new().await;
    let set = office
        .submit(&from_ann("To: Bob <bob@example.org>, ann@example.org\r\nCc: BOB@example.org\r\n"))
        .await;
    insta::assert_json_snapshot!(set);
    let id = set["created"]["k"]["id"].as_str().unwrap();
    insta::assert_json_snapshot!(office.submission(id).await);
    office.work().await;
    let sent = office.submission(id).await;
    assert_eq!(sent["undoStatus"], "final");
    assert_eq!(
        sent["deliveryStatus"][BOB],
        json!({"smtpReply": "250 2.1.5 Delivered", "delivered": "yes", "displayed": "unknown"})
    );
    let changes = office.ann("EmailSubmission/changes", json!({"sinceState": set["newState"]})).await;
    assert_eq!(changes["updated"], json!([id]));
}

#[tokio::test]
async fn s7_the_reverse_path_follows_from_sender_or_from_as_the_identity_allows() {
    let office = Office::new().await;
    let to = "To: bob@example.org\r\n";
    let mail_from = async |header: &str| {
        let raw = format!("{header}Subject: {header:?}\r\n{to}\r\nHi\r\n");
        let set = office.submit(&raw).await;
        set["created"]["k"]["envelope"]["mailFrom"].clone()
    };
    assert_eq!(mail_from("From: Ann@Example.org\r\n").await["email"], "Ann@Example.org");
    // Another address of the account's own is not the Identity's.
    assert_eq!(mail_from("From: ann+shop@example.org\r\n").await["email"], ANN);
    assert_eq!(mail_from("From: ann@example.org\r\nSender: bob@example.org\r\n").await["email"], ANN);
    assert_eq!(mail_from("From: ann@example.org\r\n").await["parameters"], Value::Null);
}

#[tokio::test]
async fn s7_5_each_reason_not_to_send_has_its_error() {
    let office = Office::open(None, |options| {
        options.max_recipients = 2;
        options.max_size = 1000;
    })
    .await;
    let identity = office.identity().await;
    let good = office.draft(&from_ann("To: bob@example.org\r\n")).await;
    let large = office.draft(&from_ann(&format!("To: bob@example.org\r\nX: {}\r\n", "x".repeat(1000)))).await;
    let lonely = office.draft(&from_ann("X-To: nobody\r\n")).await;
    let foreign = office.draft("From: bob@example.org\r\nTo: bob@example.org\r\n\r\nHi\r\n").await;
    let nameless = office.draft("Subject: x\r\nTo: bob@example.org\r\n\r\nHi\r\n").await;
    let two =
        office.draft("From: ann@example.org, ann+x@example.org\r\nTo: bob@example.org\r\n\r\nHi\r\n").await;
    let enveloped = |from: &str, to: Value| json!({"identityId": identity, "emailId": good, "envelope": {"mailFrom": {"email": from}, "rcptTo": to}});
    let to = |addresses: &[&str]| -> Value { addresses.iter().map(|a| json!({"email": a})).collect() };
    let with = |mail: Value, rcpt: Value| {
        json!({"identityId": identity, "emailId": good, "envelope": {
            "mailFrom": {"email": ANN, "parameters": mail}, "rcptTo": [{"email": BOB, "parameters": rcpt}]}})
    };
    let create = json!({
        "noIdentity": {"identityId": "i99", "emailId": good},
        "noEmail": {"identityId": identity, "emailId": "e99"},
        "neither": {"identityId": "x", "emailId": "#nothing"},
        "serverSet": {"identityId": identity, "emailId": good, "sendAt": "2030-01-01T00:00:00Z", "undoStatus": "final"},
        "tooLarge": {"identityId": identity, "emailId": large},
        "noRecipients": {"identityId": identity, "emailId": lonely},
        "noRecipientsInEnvelope": enveloped(ANN, json!([])),
        "forbiddenFrom": {"identityId": identity, "emailId": foreign},
        "invalidEmail": {"identityId": identity, "emailId": nameless},
        "twoAuthors": {"identityId": identity, "emailId": two},
        "forbiddenMailFrom": enveloped(BOB, to(&[BOB])),
        "brokenMailFrom": enveloped("ann@example.org> BODY=8BITMIME", to(&[BOB])),
        "tooManyRecipients": enveloped(ANN, to(&[BOB, "b@example.org", "c@example.org"])),
        "invalidRecipients": enveloped(ANN, to(&[BOB, "x\r\nDATA"])),
        "elsewhere": enveloped(ANN, to(&["carl@elsewhere.example", BOB])),
        "noEnvelope": {"identityId": identity, "emailId": good, "envelope": "x"},
        "holdTooLong": with(json!({"HOLDFOR": "2592001"}), Value::Null),
        "holdTwice": with(json!({"HOLDFOR": "1", "HOLDUNTIL": "2026-03-01T13:00:00Z"}), Value::Null),
        "unknownParameter": with(json!({"BY": "60;R"}), Value::Null),
        "unknownRcptParameter": with(Value::Null, json!({"X": null})),
    });
    let set = office.ann("EmailSubmission/set", json!({"create": create})).await;
    assert_eq!(set["created"], Value::Null, "{set}");
    assert_eq!(set["oldState"], set["newState"]);
    insta::assert_json_snapshot!(set["notCreated"]);
    assert_eq!(office.work().await, 0);
}

#[tokio::test]
async fn s7_5_the_outbox_of_an_account_is_bounded() {
    let office = Office::open(None, |options| options.max_waiting = 1).await;
    assert!(office.submit(&from_ann("To: bob@example.org\r\n")).await["created"]["k"].is_object());
    let refused = office.submit(&from_ann("To: bob@example.org\r\nX: 2\r\n")).await;
    assert_eq!(refused["notCreated"]["k"]["type"], "overQuota");
    office.work().await;
    assert!(office.submit(&from_ann("To: bob@example.org\r\nX: 3\r\n")).await["created"]["k"].is_object());
}

#[tokio::test]
async fn s7_5_on_success_the_email_is_updated_in_one_implicit_set() {
    let office = Office::new().await;
    let (identity, email) =
        (office.identity().await, office.draft(&from_ann("To: bob@example.org\r\n")).await);
    let (drafts, sent) =
        (office.mailbox(office.ann, "drafts").await, office.mailbox(office.ann, "sent").await);
    let patch = json!({
        format!("mailboxIds/{drafts}"): null, format!("mailboxIds/{sent}"): true, "keywords/$draft": null
    });
    let arguments = json!({
        "accountId": office.ann,
        "create": {"good": {"identityId": identity, "emailId": email}, "bad": {"identityId": "i99", "emailId": email}},
        "onSuccessUpdateEmail": {"#good": patch, "#bad": {"keywords/$flagged": true}, "s99": {"keywords/$flagged": true}},
    });
    // As some clients do, without listing mail itself.
    let responses = office
        .calls_with(&[USING[0], USING[2]], office.ann, json!([["EmailSubmission/set", arguments, "call"]]))
        .await;
    assert_eq!(responses.as_array().unwrap().len(), 2, "{responses}");
    assert_eq!((&responses[0][0], &responses[0][2]), (&json!("EmailSubmission/set"), &json!("call")));
    assert_eq!((&responses[1][0], &responses[1][2]), (&json!("Email/set"), &json!("call")));
    assert_eq!(responses[1][1]["updated"], json!({&email: null}));
    let got =
        office.ann("Email/get", json!({"ids": [email], "properties": ["mailboxIds", "keywords"]})).await;
    assert_eq!(got["list"][0], json!({"id": email, "mailboxIds": {sent: true}, "keywords": {"$seen": true}}));
}

#[tokio::test]
async fn s7_5_on_success_the_email_is_destroyed_and_the_message_goes_out_all_the_same() {
    let office = Office::new().await;
    let (identity, email) =
        (office.identity().await, office.draft(&from_ann("To: bob@example.org\r\n")).await);
    let arguments = json!({
        "accountId": office.ann,
        "create": {"k": {"identityId": identity, "emailId": email}},
        "onSuccessDestroyEmail": ["#k", "#unknown"],
    });
    let call = json!([["EmailSubmission/set", arguments, "0"]]);
    let responses = office.calls_with(&USING, office.ann, call).await;
    let id = responses[0][1]["created"]["k"]["id"].as_str().unwrap();
    assert_eq!(responses[1][1]["destroyed"], json!([email]));
    office.work().await;
    assert_eq!(office.inbox(office.bob).await.len(), 1);
    // emailId and threadId remain.
    assert_eq!(office.submission(id).await["emailId"], json!(email));
}

#[tokio::test]
async fn s7_5_on_success_of_an_update_or_a_destruction_too() {
    let office = Office::new().await;
    let held =
        json!({"mailFrom": {"email": ANN, "parameters": {"HOLDFOR": "60"}}, "rcptTo": [{"email": BOB}]});
    let id = office.send_in(&from_ann("To: bob@example.org\r\n"), held).await;
    let arguments = json!({
        "accountId": office.ann,
        "update": {&id: {"undoStatus": "canceled"}},
        "onSuccessUpdateEmail": {&id: {"keywords/$flagged": true}},
    });
    let responses =
        office.calls_with(&USING, office.ann, json!([["EmailSubmission/set", arguments, "0"]])).await;
    assert_eq!(responses[1][1]["updated"].as_object().unwrap().len(), 1, "{responses}");
    let arguments = json!({"accountId": office.ann, "destroy": [&id], "onSuccessDestroyEmail": [&id, "s99"]});
    let responses =
        office.calls_with(&USING, office.ann, json!([["EmailSubmission/set", arguments, "0"]])).await;
    assert_eq!(responses[1][1]["destroyed"].as_array().unwrap().len(), 1, "{responses}");
    // Nothing succeeds, so nothing is to be done.
    let arguments = json!({"accountId": office.ann, "destroy": ["s99"], "onSuccessDestroyEmail": ["s99"]});
    let responses =
        office.calls_with(&USING, office.ann, json!([["EmailSubmission/set", arguments, "0"]])).await;
    assert_eq!(responses.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn s7_5_what_waits_can_be_called_back_and_what_was_sent_cannot() {
    let office = Office::new().await;
    let until = "2026-03-01T14:00:00Z";
    let held =
        json!({"mailFrom": {"email": ANN, "parameters": {"HOLDUNTIL": until}}, "rcptTo": [{"email": BOB}]});
    let first = office.send_in(&from_ann("X: 1\r\n"), held.clone()).await;
    let second = office.send_in(&from_ann("X: 2\r\n"), held).await;
    assert_eq!(office.submission(&first).await["sendAt"], until);
    assert_eq!(office.work().await, 0);
    let undo = |id: &str| json!({"update": {id: {"undoStatus": "canceled"}}});
    let set = office.ann("EmailSubmission/set", undo(&first)).await;
    insta::assert_json_snapshot!(set);
    insta::assert_json_snapshot!(office.submission(&first).await);
    let again = office.ann("EmailSubmission/set", undo(&first)).await;
    assert_eq!(again["updated"], json!({&first: null}));

    office.wait(2 * 60 * 60);
    assert_eq!(office.work().await, 1);
    let inbox = office.inbox(office.bob).await;
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("X: 2"));
    // The trace field tells when it was released.
    assert!(inbox[0].starts_with("Received: by mail.example.org with HTTP id "), "{}", inbox[0]);
    assert!(inbox[0].contains("Sun, 1 Mar 2026 14:00:00 +0000\r\n"));
    let set = office.ann("EmailSubmission/set", undo(&second)).await;
    assert_eq!(set["notUpdated"][&second]["type"], "cannotUnsend");
    for (patch, property) in [
        (json!({"undoStatus": "pending"}), "undoStatus"),
        (json!({"sendAt": until, "emailId": "e99"}), "emailId"),
        (json!({"x": 1}), "x"),
    ] {
        let set = office.ann("EmailSubmission/set", json!({"update": {&second: patch}})).await;
        assert_eq!(set["notUpdated"][&second]["properties"], json!([property]), "{set}");
    }
}

#[tokio::test]
async fn s7_5_destroying_a_submission_does_not_stop_its_message() {
    let office = Office::new().await;
    let id = office.send(&from_ann("X: 1\r\n"), &[BOB]).await;
    let set = office.ann("EmailSubmission/set", json!({"destroy": [&id, "s99"]})).await;
    assert_eq!(set["destroyed"], json!([&id]));
    assert_eq!(set["notDestroyed"]["s99"]["type"], "notFound");
    assert_eq!(office.work().await, 1);
    assert_eq!(office.inbox(office.bob).await.len(), 1);
    assert_eq!(office.ann("EmailSubmission/get", json!({"ids": null})).await["list"], json!([]));
}

#[tokio::test]
async fn s7_3_submissions_are_filtered_and_sorted() {
    let office = Office::new().await;
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(office.send(&from_ann(&format!("X: {number}\r\n")), &[BOB]).await);
        office.wait(60);
    }
    let held =
        json!({"mailFrom": {"email": ANN, "parameters": {"HOLDFOR": "600"}}, "rcptTo": [{"email": BOB}]});
    ids.push(office.send_in(&from_ann("X: held\r\n"), held).await);
    office.work().await;
    let query = async |arguments: Value| office.ann("EmailSubmission/query", arguments).await["ids"].clone();
    let newest_first: Vec<&String> = ids.iter().rev().collect();
    assert_eq!(query(json!({})).await, json!(newest_first));
    assert_eq!(query(json!({"sort": [{"property": "sentAt"}]})).await, json!(ids));
    assert_eq!(query(json!({"filter": {"undoStatus": "pending"}})).await, json!([ids[4]]));
    let between = json!({"after": "2026-03-01T12:01:00Z", "before": "2026-03-01T12:03:00Z"});
    assert_eq!(query(json!({"filter": between})).await, json!([ids[2], ids[1]]));
    let second = office.submission(&ids[1]).await;
    let by_email = json!({"emailIds": [second["emailId"]], "identityIds": [second["identityId"]]});
    assert_eq!(query(json!({"filter": by_email})).await, json!([ids[1]]));
    let none = json!({"operator": "NOT", "conditions": [{"identityIds": [second["identityId"]]}]});
    assert_eq!(query(json!({"filter": none})).await, json!([]));
    assert_eq!(query(json!({"filter": {"threadIds": ["t99"]}})).await, json!([]));
    assert_eq!(query(json!({"position": 1, "limit": 2})).await, json!([ids[3], ids[2]]));
    assert_eq!(query(json!({"position": -2})).await, json!([ids[1], ids[0]]));
    let anchored = json!({"anchor": ids[2], "anchorOffset": -1, "limit": 2, "calculateTotal": true});
    let anchored = office.ann("EmailSubmission/query", anchored).await;
    assert_eq!(
        (&anchored["ids"], &anchored["position"], &anchored["total"]),
        (&json!([ids[3], ids[2]]), &json!(1), &json!(5))
    );
    let by_email = query(json!({"sort": [{"property": "emailId", "isAscending": false}]})).await;
    assert_eq!(by_email, json!(newest_first));
    let wrong = office.ann("EmailSubmission/query", json!({"anchor": "s99"})).await;
    assert_eq!(wrong["type"], "anchorNotFound");
    let wrong = office.ann("EmailSubmission/query", json!({"sort": [{"property": "undoStatus"}]})).await;
    assert_eq!(wrong["type"], "unsupportedSort");
}

#[tokio::test]
async fn s7_4_changes_of_a_query_follow_the_submissions() {
    let office = Office::new().await;
    let first = office.send(&from_ann("X: 1\r\n"), &[BOB]).await;
    let pending = json!({"filter": {"undoStatus": "pending"}});
    let before = office.ann("EmailSubmission/query", pending.clone()).await;
    assert_eq!(before["canCalculateChanges"], true);
    office.work().await;
    let second = office.send(&from_ann("X: 2\r\n"), &[BOB]).await;
    let mut since = pending;
    since["sinceQueryState"] = before["queryState"].clone();
    let changes = office.ann("EmailSubmission/queryChanges", since).await;
    assert_eq!(changes["removed"], json!([first]));
    assert_eq!(changes["added"], json!([{"id": second, "index": 0}]));
}

#[tokio::test]
async fn s7_the_references_of_a_request_reach_email_and_identity() {
    let office = Office::new().await;
    let email = office.draft(&from_ann("To: bob@example.org\r\n")).await;
    let calls = json!([
        ["Identity/set", {"accountId": office.ann, "create": {"me": {"email": ANN, "name": "Ann"}}}, "0"],
        ["EmailSubmission/set", {"accountId": office.ann, "create": {
            "k": {"identityId": "#me", "emailId": email}}}, "1"],
        ["EmailSubmission/get", {"accountId": office.ann, "ids": ["#k"]}, "2"],
    ]);
    let responses = office.calls_with(&USING, office.ann, calls).await;
    let identity = &responses[0][1]["created"]["me"]["id"];
    assert_eq!(responses[2][1]["list"][0]["identityId"], *identity, "{responses}");
}

#[tokio::test]
async fn a_relay_makes_recipients_elsewhere_possible() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    let set = office.submit(&from_ann("To: carl@elsewhere.example\r\n")).await;
    assert!(set["created"]["k"].is_object(), "{set}");
}

#[tokio::test]
async fn s7_5_a_header_that_a_relay_would_read_otherwise_is_not_sent() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    let to = "To: carl@elsewhere.example\r\n";
    // A CR alone becomes a line end on the way, and what follows it a field that nobody checked.
    let smuggled = from_ann(&format!("{to}X: y\rFrom: ceo@example.org\rBcc: spy@elsewhere.example\r\n"));
    let beyond = from_ann(&format!("{to}X: {}\r\nFrom: ceo@example.org\r\n", "x".repeat(1024 * 1024)));
    let many = from_ann(&format!("{to}{}From: ceo@example.org\r\n", "X: y\r\n".repeat(10_000)));
    for raw in [smuggled, beyond, many] {
        let set = office.submit(&raw).await;
        assert_eq!(set["notCreated"]["k"]["type"], "invalidEmail", "{set}");
        assert_eq!(set["notCreated"]["k"]["properties"], json!(["headers"]), "{set}");
    }
    // In a body it is no more than an odd line end.
    let set = office.submit(&format!("{}a\rb\r\n", from_ann(to))).await;
    assert!(set["created"]["k"].is_object(), "{set}");
    assert_eq!(office.work().await, 1);
}
