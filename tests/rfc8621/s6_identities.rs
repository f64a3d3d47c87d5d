//! RFC 8621 §6: Identity.

use serde_json::{Value, json};
use signet::store::address::{self, Address};

use crate::support::Office;
use crate::support::office::{ANN, USING};

#[tokio::test]
async fn s6_1_the_address_of_an_account_has_an_identity_with_all_properties() {
    let office = Office::new().await;
    let got = office.ann("Identity/get", json!({"ids": null})).await;
    insta::assert_json_snapshot!(got);
    let again = office.ann("Identity/get", json!({"ids": null})).await;
    assert_eq!(again, got);
    let id = &got["list"][0]["id"];
    let some = office.ann("Identity/get", json!({"ids": [id, "i99", "x"], "properties": ["email"]})).await;
    assert_eq!(some["list"], json!([{"id": id, "email": ANN}]));
    assert_eq!(some["notFound"], json!(["i99", "x"]));
}

#[tokio::test]
async fn s6_1_an_address_that_is_added_has_its_identity_at_once() {
    let office = Office::new().await;
    let state = office.ann("Identity/get", json!({"ids": []})).await["state"].clone();
    let alias = Address::parse("info@example.org").unwrap();
    let added = office
        .trust
        .store()
        .transaction("test/address", async |transaction| address::add(transaction, &alias, office.ann).await);
    assert!(added.await.unwrap());
    let changes = office.ann("Identity/changes", json!({"sinceState": state})).await;
    assert_eq!(changes["created"].as_array().unwrap().len(), 1, "{changes}");
    let got = office.ann("Identity/get", json!({"ids": changes["created"]})).await;
    assert_eq!(got["list"][0]["email"], "info@example.org");
    assert_eq!(got["list"][0]["mayDelete"], false);
    assert_eq!(got["state"], changes["newState"]);
}

#[tokio::test]
async fn s6_3_identities_are_made_changed_and_destroyed() {
    let office = Office::new().await;
    let identity = json!({
        "email": "Ann+shop@example.org",
        "name": "Ann (shop)",
        "replyTo": [{"name": null, "email": "shop@example.org"}],
        "textSignature": "-- \nAnn",
    });
    let set = office.ann("Identity/set", json!({"create": {"k": identity}})).await;
    insta::assert_json_snapshot!(set);
    let id = set["created"]["k"]["id"].as_str().unwrap();
    let patch = json!({"name": "Shop", "replyTo": null, "htmlSignature": "<b>Ann</b>", "email": "Ann+shop@example.org"});
    let set = office.ann("Identity/set", json!({"update": {id: patch}})).await;
    assert_eq!(set["updated"], json!({id: null}), "{set}");
    let changes = office.ann("Identity/changes", json!({"sinceState": set["oldState"]})).await;
    assert_eq!(changes["updated"], json!([id]));
    let got = office.ann("Identity/get", json!({"ids": [id]})).await["list"][0].clone();
    assert_eq!(
        (&got["name"], &got["replyTo"], &got["mayDelete"]),
        (&json!("Shop"), &Value::Null, &json!(true))
    );
    let again = office.ann("Identity/set", json!({"update": {id: {"name": "Shop"}}})).await;
    assert_eq!(again["oldState"], again["newState"]);
    let gone = office.ann("Identity/set", json!({"destroy": [id]})).await;
    assert_eq!(gone["destroyed"], json!([id]));
    assert_eq!(office.ann("Identity/get", json!({"ids": [id]})).await["notFound"], json!([id]));
}

#[tokio::test]
async fn s6_3_what_cannot_be_is_refused() {
    let office = Office::new().await;
    let own = office.identity().await;
    let create = json!({
        "foreign": {"email": "bob@example.org"},
        "elsewhere": {"email": "ann@elsewhere.example"},
        "domain": {"email": "*@example.org"},
        "nothing": {"name": "x"},
        "no address": null,
    });
    let mut create = create;
    create.as_object_mut().unwrap().remove("no address");
    create["broken"] = json!({"email": "ann"});
    create["server"] = json!({"email": ANN, "mayDelete": true});
    let update = json!({&own: {"email": "bob@example.org"}, "i99": {"name": "x"}});
    let set = office
        .ann("Identity/set", json!({"create": create, "update": update, "destroy": [own, "i98"]}))
        .await;
    insta::assert_json_snapshot!(set);
    let set = office.ann("Identity/set", json!({"update": {&own: {"email": "bob@example.org"}}})).await;
    assert_eq!(set["notUpdated"][&own]["properties"], json!(["email"]));
}

#[tokio::test]
async fn s6_3_who_gets_all_mail_of_a_domain_may_send_from_all_of_it() {
    let office = Office::new().await;
    let domain = Address::parse("@shop.example").unwrap();
    let added = office.trust.store().transaction("test/address", async |transaction| {
        address::add(transaction, &domain, office.ann).await
    });
    assert!(added.await.unwrap());
    let create = json!({"k": {"email": "*@shop.example"}, "l": {"email": "anything@shop.example"}});
    let set = office.ann("Identity/set", json!({"create": create})).await;
    assert_eq!(set["notCreated"], Value::Null, "{set}");
    assert_eq!(set["created"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn identities_are_there_for_requests_that_list_mail_alone() {
    let office = Office::new().await;
    let call = json!([["Identity/get", {"accountId": office.ann}, "0"]]);
    let with = async |using: &[&str]| office.calls_with(using, office.ann, call.clone()).await[0][0].clone();
    assert_eq!(with(&[USING[0], USING[1]]).await, "Identity/get");
    assert_eq!(with(&[USING[0], USING[2]]).await, "Identity/get");
    assert_eq!(with(&[USING[0]]).await, "error");
    assert_eq!(with(&[USING[0], USING[3]]).await, "error");
}
