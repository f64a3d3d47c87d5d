//! RFC 8621 §8: VacationResponse, and how it replies (RFC 3834).

use serde_json::{Value, json};

use crate::support::office::{ANN, BOB, from_ann};
use crate::support::{Office, Relay};

const CARL: &str = "carl@elsewhere.example";

async fn away(office: &Office, more: Value) {
    let mut patch = json!({"isEnabled": true, "textBody": "Back on Monday."});
    patch.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let set = office.bob("VacationResponse/set", json!({"update": {"singleton": patch}})).await;
    assert_eq!(set["updated"], json!({"singleton": null}), "{set}");
}

fn from_carl(number: usize, header: &str) -> String {
    format!(
        "From: Carl <{CARL}>\r\nTo: bob@example.org\r\nSubject: Offer {number}\r\nMessage-ID: <{number}@elsewhere.example>\r\n\
         Date: Sun, 1 Mar 2026 11:00:00 +0000\r\n{header}\r\nHello\r\n"
    )
}

#[tokio::test]
async fn s8_1_there_is_one_object_in_each_account() {
    let office = Office::new().await;
    let got = office.bob("VacationResponse/get", json!({"ids": null})).await;
    insta::assert_json_snapshot!(got);
    let some = office
        .bob("VacationResponse/get", json!({"ids": ["singleton", "other"], "properties": ["isEnabled"]}))
        .await;
    assert_eq!(some["list"], json!([{"id": "singleton", "isEnabled": false}]));
    assert_eq!(some["notFound"], json!(["other"]));
    assert_eq!(office.bob("VacationResponse/get", json!({"ids": []})).await["list"], json!([]));
}

#[tokio::test]
async fn s8_2_it_is_changed_and_neither_made_nor_destroyed() {
    let office = Office::new().await;
    let all = json!({
        "isEnabled": true, "fromDate": "2026-03-01T00:00:00Z", "toDate": "2026-03-15T00:00:00Z",
        "subject": "Away", "textBody": "a", "htmlBody": "<p>a</p>",
    });
    let set = office.bob("VacationResponse/set", json!({"update": {"singleton": all}})).await;
    assert_ne!(set["oldState"], set["newState"]);
    let got = office.bob("VacationResponse/get", json!({"ids": ["singleton"]})).await;
    assert_eq!(got["state"], set["newState"]);
    let mut expected = all.clone();
    expected["id"] = json!("singleton");
    assert_eq!(got["list"][0], expected);
    let set = office.bob("VacationResponse/set", json!({"update": {"singleton": all}})).await;
    assert_eq!(set["oldState"], set["newState"]);
    let set = office
        .bob(
            "VacationResponse/set",
            json!({"create": {"k": all}, "update": {"other": {"isEnabled": true}}, "destroy": ["singleton"]}),
        )
        .await;
    insta::assert_json_snapshot!(set);
    for (wrong, property) in [
        (json!({"isEnabled": null}), "isEnabled"),
        (json!({"fromDate": "2026-03-01"}), "fromDate"),
        (json!({"subject": 1}), "subject"),
        (json!({"textBody": "\0"}), "textBody"),
        (json!({"htmlBody": "x".repeat(300_000)}), "htmlBody"),
        (json!({"id": "other"}), "id"),
        (json!({"x": 1}), "x"),
    ] {
        let set = office.bob("VacationResponse/set", json!({"update": {"singleton": wrong}})).await;
        assert_eq!(set["notUpdated"]["singleton"]["properties"], json!([property]), "{set}");
    }
}

#[tokio::test]
async fn a_sender_is_answered_once_in_seven_days() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    away(&office, json!({"htmlBody": "<p>Back on <b>Monday</b>.</p>"})).await;
    office.arrives(Some(CARL), BOB, &from_carl(1, "References: <0@elsewhere.example>\r\n")).await;
    office.arrives(Some("Carl@Elsewhere.example"), BOB, &from_carl(2, "")).await;
    office.work().await;
    let taken = relay.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(
        (taken[0].from.as_str(), taken[0].to.as_slice()),
        ("<>", &["<carl@elsewhere.example>".to_owned()][..])
    );
    let message = taken[0].message.replace("\r\n", "\n");
    let id = message.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
    insta::assert_snapshot!(message.replace(&id, "Message-ID: [id]"));
    office.wait(7 * 24 * 60 * 60 - 1);
    office.arrives(Some(CARL), BOB, &from_carl(3, "")).await;
    office.work().await;
    assert_eq!(relay.taken().len(), 1);
    office.wait(1);
    office.arrives(Some(CARL), BOB, &from_carl(4, "")).await;
    office.work().await;
    assert_eq!(relay.taken().len(), 2);
    // Another response is a new one.
    away(&office, json!({"textBody": "Back on Tuesday."})).await;
    office.arrives(Some(CARL), BOB, &from_carl(5, "")).await;
    office.work().await;
    assert_eq!(relay.taken().len(), 3);
}

#[tokio::test]
async fn a_user_of_the_same_server_is_answered_too_and_nobody_answers_that() {
    let office = Office::new().await;
    away(&office, json!({})).await;
    let patch = json!({"isEnabled": true});
    office.ann("VacationResponse/set", json!({"update": {"singleton": patch}})).await;
    office.send(&from_ann("To: bob@example.org\r\n"), &[BOB]).await;
    office.work().await;
    let inbox = office.inbox(office.ann).await;
    assert_eq!(inbox.len(), 1);
    assert!(
        inbox[0].contains("\r\nSubject: Auto: Lunch\r\n") && inbox[0].contains("Back on Monday."),
        "{}",
        inbox[0]
    );
    assert!(inbox[0].contains("\r\nIn-Reply-To: <lunch@example.org>\r\n"), "{}", inbox[0]);
    assert_eq!(office.inbox(office.bob).await.len(), 1);
    // To oneself there is no answer.
    office.send(&from_ann("To: ann@example.org\r\n"), &[ANN]).await;
    office.work().await;
    assert_eq!(office.inbox(office.ann).await.len(), 2);
}

#[tokio::test]
async fn what_must_not_be_answered_is_not() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    away(&office, json!({})).await;
    let carl = Some(CARL);
    let mut number = 0;
    for (from, header) in [
        (None, ""),
        (Some("MAILER-DAEMON@elsewhere.example"), ""),
        (Some("owner-list@elsewhere.example"), ""),
        (Some("list-request@elsewhere.example"), ""),
        (Some(BOB), ""),
        (Some("bob+self@example.org"), ""),
        (carl, "List-Id: <list.example>\r\n"),
        (carl, "List-Unsubscribe: <mailto:x@y.example>\r\n"),
        (carl, "Precedence: bulk\r\n"),
        (carl, "Auto-Submitted: auto-replied\r\n"),
        (carl, "Auto-Submitted: auto-generated; x=y\r\n"),
        (carl, "Content-Type: multipart/report; boundary=x\r\n"),
    ] {
        number += 1;
        office.arrives(from, BOB, &from_carl(number, header)).await;
        assert_eq!(office.work().await, 0, "{from:?} {header}");
    }
    // Bob's address stands nowhere: a blind copy, or a list that hides itself.
    let hidden = from_carl(90, "").replace("To: bob@", "To: somebody@");
    office.arrives(carl, BOB, &hidden).await;
    assert_eq!(office.work().await, 0);
    office.arrives(carl, BOB, &from_carl(91, "Auto-Submitted: no\r\n")).await;
    assert_eq!(office.work().await, 1);
}

#[tokio::test]
async fn a_blind_copy_that_names_the_user_and_a_resent_message_are_answered() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    away(&office, json!({})).await;
    let resent = from_carl(1, "Resent-To: bob+x@example.org\r\n").replace("To: bob@example.org\r\nS", "S");
    office.arrives(Some(CARL), BOB, &resent).await;
    office.work().await;
    assert!(relay.taken()[0].message.contains("\r\nFrom: bob+x@example.org\r\n"), "{:?}", relay.taken());
}

#[tokio::test]
async fn outside_of_its_dates_it_is_silent() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    away(&office, json!({"fromDate": "2026-03-01T13:00:00Z", "toDate": "2026-03-01T14:00:00Z"})).await;
    let mut answers = Vec::new();
    for number in 0..3 {
        office.arrives(Some(&format!("c{number}@elsewhere.example")), BOB, &from_carl(number, "")).await;
        answers.push(office.work().await);
        office.wait(3600);
    }
    assert_eq!(answers, [0, 1, 0]);
}

#[tokio::test]
async fn without_a_relay_only_users_of_this_server_are_answered() {
    let office = Office::new().await;
    away(&office, json!({})).await;
    office.arrives(Some(CARL), BOB, &from_carl(1, "")).await;
    assert_eq!(office.work().await, 0);
}

#[tokio::test]
async fn the_answer_has_the_name_of_the_identity() {
    let relay = Relay::start(&[]).await;
    let office = Office::behind(&relay).await;
    let identity = office.bob("Identity/get", json!({"ids": null})).await["list"][0]["id"].clone();
    let update = json!({"update": {identity.as_str().unwrap(): {"name": "Bob Brown"}}});
    office.bob("Identity/set", update).await;
    away(&office, json!({"textBody": null, "subject": "Weg für eine Woche"})).await;
    office.arrives(Some(CARL), BOB, &from_carl(1, "")).await;
    office.work().await;
    let message = &relay.taken()[0].message;
    assert!(message.contains("From: Bob Brown <bob@example.org>\r\n"), "{message}");
    assert!(message.contains("Subject: Weg =?utf-8?Q?f=C3=BCr?= eine Woche\r\n"), "{message}");
    assert!(message.contains("I am away at present"), "{message}");
}
