//! RFC 8620 §7.2: PushSubscription/get and /set.

use std::time::Duration;

use serde_json::{Value, json};
use signet::clock::Clock;
use signet::http::password;
use signet::store::login;

use crate::support::TestServer;
use crate::support::node::{NOON, at};
use crate::support::push_service::PushService;
use crate::support::server::PASSWORD;

/// Long enough for a push that should not come.
pub(super) const A_WHILE: Duration = Duration::from_millis(1500);

/// PushSubscription/set as ann.
pub(super) async fn set(server: &TestServer, arguments: Value) -> Value {
    let responses = server.calls(json!([["PushSubscription/set", arguments, "0"]])).await;
    assert_eq!(responses[0][0], "PushSubscription/set", "{responses}");
    responses[0][1].clone()
}

pub(super) async fn get(server: &TestServer, arguments: Value) -> Value {
    server.calls(json!([["PushSubscription/get", arguments, "0"]])).await[0][1].clone()
}

/// A subscription for ann with these properties besides, not yet verified.
pub(super) async fn create(server: &TestServer, url: &str, mut properties: Value) -> String {
    properties["deviceClientId"] = json!("test");
    properties["url"] = json!(url);
    let created = set(server, json!({"create": {"k": properties}})).await;
    created["created"]["k"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned()
}

pub(super) async fn verify(server: &TestServer, id: &str, verification: &Value) {
    assert_eq!(verification["pushSubscriptionId"], id);
    let code = verification["verificationCode"].clone();
    let updated = set(server, json!({"update": {id: {"verificationCode": code}}})).await;
    assert_eq!(updated["updated"], json!({id: null}), "{updated}");
}

/// A subscription for ann that is verified.
pub(super) async fn subscribe(server: &TestServer, service: &mut PushService, properties: Value) -> String {
    let id = create(server, &service.url("/p"), properties).await;
    verify(server, &id, &service.object().await).await;
    id
}

pub(super) async fn make_mailbox(server: &TestServer, name: &str) {
    server.one("Mailbox/set", json!({"create": {"k": {"name": name}}})).await;
}

/// The StateChange object that tells how ann's mailboxes are now.
pub(super) async fn mailbox_state(server: &TestServer) -> Value {
    let state = server.one("Mailbox/get", json!({"ids": []})).await["state"].clone();
    json!({"@type": "StateChange", "changed": {"a1": {"Mailbox": state}}})
}

#[tokio::test]
async fn a_subscription_is_verified_before_it_hears_anything() {
    let mut service = PushService::start();
    let server = TestServer::start_with(|config| service.allow(config)).await;
    let object =
        json!({"deviceClientId": "a889-ffea-910", "url": service.url("/push?device=1"), "types": null});
    let created = set(&server, json!({"create": {"4f29": object}})).await;
    let id = created["created"]["4f29"]["id"].as_str().unwrap().to_owned();
    insta::assert_json_snapshot!(
        "created",
        created,
        {".created.*.id" => "[id]", ".created.*.expires" => "[expires]"}
    );

    let push = service.push().await;
    assert_eq!(push.path, "/push?device=1");
    assert_eq!(push.headers["content-type"], "application/json");
    assert!(push.headers["ttl"].parse::<u32>().unwrap() > 0);
    assert!(!push.headers.contains_key("content-encoding"));
    let verification: Value = serde_json::from_slice(&push.body).unwrap();
    let members: Vec<&String> = verification.as_object().unwrap().keys().collect();
    assert_eq!(members, ["@type", "pushSubscriptionId", "verificationCode"]);
    assert_eq!(verification["@type"], "PushVerification");
    assert!(verification["verificationCode"].as_str().unwrap().len() >= 32);

    make_mailbox(&server, "One").await;
    service.is_quiet_for(A_WHILE).await;
    for wrong in [json!("wrong"), json!("0".repeat(32)), json!(1), json!("")] {
        let refused = set(&server, json!({"update": {&id: {"verificationCode": wrong}}})).await;
        assert_eq!(refused["notUpdated"][&id]["type"], "invalidProperties");
        assert_eq!(refused["notUpdated"][&id]["properties"], json!(["verificationCode"]));
    }
    assert_eq!(get(&server, json!({})).await["list"][0]["verificationCode"], Value::Null);

    verify(&server, &id, &verification).await;
    // What happened since the subscription was made is told.
    assert_eq!(service.object().await, mailbox_state(&server).await);
    make_mailbox(&server, "Two").await;
    assert_eq!(service.object().await, mailbox_state(&server).await);
    service.is_quiet_for(A_WHILE).await;

    let metrics = server.client.get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        "signet_pushes_total{object=\"PushVerification\",outcome=\"ok\"} 1",
        "signet_pushes_total{object=\"StateChange\",outcome=\"ok\"} 2",
        "signet_push_subscriptions_due 0",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn get_tells_all_but_url_and_keys_to_the_login_alone() {
    let mut service = PushService::start();
    let server = TestServer::start_with(|config| service.allow(config)).await;
    server.let_into_anns_account("bob@example.org").await;
    let id = subscribe(&server, &mut service, json!({"types": ["Email", "Todo"]})).await;
    let all = get(&server, json!({"ids": null})).await;
    insta::assert_json_snapshot!(
        "all",
        all,
        {".list[].id" => "[id]", ".list[].verificationCode" => "[code]", ".list[].expires" => "[expires]"}
    );
    let some = get(&server, json!({"ids": [&id, "w999", "nonsense"], "properties": ["types"]})).await;
    assert_eq!(
        some,
        json!({"list": [{"id": id, "types": ["Email", "Todo"]}], "notFound": ["w999", "nonsense"]})
    );
    for secret in ["url", "keys"] {
        assert_eq!(get(&server, json!({"properties": ["id", secret]})).await["type"], "forbidden");
    }
    for wrong in [json!({"properties": ["nothing"]}), json!({"accountId": "a1"}), json!({"ids": "x"})] {
        assert_eq!(get(&server, wrong).await["type"], "invalidArguments");
    }

    let as_bob = async |call: &str, arguments: Value| {
        let body = json!({"using": ["urn:ietf:params:jmap:core"], "methodCalls": [[call, arguments, "0"]]});
        let request = server.client.post(server.url("/jmap/api")).json(&body);
        let response = request.basic_auth("bob@example.org", Some(PASSWORD)).send().await.unwrap();
        response.json::<Value>().await.unwrap()["methodResponses"][0][1].clone()
    };
    assert_eq!(as_bob("PushSubscription/get", json!({})).await, json!({"list": [], "notFound": []}));
    let update = json!({"update": {&id: {"types": null}}, "destroy": [&id]});
    let refused = as_bob("PushSubscription/set", update.clone()).await;
    assert_eq!(refused["notDestroyed"][&id]["type"], "notFound");
    let update = json!({"update": update["update"]});
    assert_eq!(as_bob("PushSubscription/set", update).await["notUpdated"][&id]["type"], "notFound");
}

#[tokio::test]
async fn what_cannot_be_a_subscription_is_refused_with_its_property() {
    let server = TestServer::start().await;
    let good = json!({"deviceClientId": "x", "url": "https://push.example.com/x"});
    let with = |name: &str, value: Value| {
        let mut object = good.clone();
        object[name] = value;
        object
    };
    for (property, object) in [
        ("url", with("url", json!("http://push.example.com/x"))),
        ("url", with("url", json!("/x"))),
        ("url", with("url", json!(null))),
        ("url", with("url", json!("https://127.0.0.1/x"))),
        ("url", with("url", json!("https://[::1]/x"))),
        ("url", with("url", json!("https://10.0.0.1/x"))),
        ("url", with("url", json!("https://169.254.169.254/x"))),
        ("url", with("url", json!("https://[::ffff:192.168.0.1]/x"))),
        ("url", with("url", json!("https://[fd00::1]/x"))),
        ("url", with("url", json!("https://localhost/x"))),
        ("url", with("url", json!("https://ann:secret@push.example.com/x"))),
        ("deviceClientId", with("deviceClientId", json!(null))),
        ("deviceClientId", with("deviceClientId", json!(""))),
        ("keys", with("keys", json!({"p256dh": "AAAA", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}))),
        ("keys", with("keys", json!("x"))),
        ("verificationCode", with("verificationCode", json!("x"))),
        ("expires", with("expires", json!("2020-01-01T00:00:00Z"))),
        ("expires", with("expires", json!("soon"))),
        ("types", with("types", json!("Email"))),
        ("types", with("types", json!([1]))),
        ("id", with("id", json!("w1"))),
        ("nothing", with("nothing", json!(1))),
    ] {
        let refused = set(&server, json!({"create": {"k": object}})).await;
        let error = &refused["notCreated"]["k"];
        assert_eq!(error["type"], "invalidProperties", "{object}");
        assert_eq!(error["properties"], json!([property]), "{object}");
    }
    let refused = set(&server, json!({"create": {"k": with("url", json!("https://192.168.0.1/"))}})).await;
    assert_eq!(
        refused["notCreated"]["k"]["description"],
        "`url`: this server does not push to private, local or reserved addresses"
    );
    assert_eq!(get(&server, json!({})).await["list"], json!([]));
    for wrong in [json!({"accountId": "a1"}), json!({"ifInState": "0"}), json!({"create": []})] {
        let refused = server.calls(json!([["PushSubscription/set", wrong, "0"]])).await;
        assert_eq!(refused[0][1]["type"], "invalidArguments");
    }
}

#[tokio::test]
async fn only_what_may_change_changes() {
    let mut service = PushService::start();
    let clock = Clock::frozen(at(NOON));
    let server = TestServer::start_at(&clock, |config| service.allow(config)).await;
    let id = create(&server, &service.url("/p"), json!({"expires": "2099-01-01T00:00:00Z"})).await;
    let expires = async || get(&server, json!({"ids": [&id]})).await["list"][0]["expires"].clone();
    assert_eq!(expires().await, "2026-03-29T12:00:00Z", "the server's limit");
    service.object().await;
    let update = async |patch: Value| {
        let response = set(&server, json!({"update": {&id: patch}})).await;
        let updated = response["updated"].get(&id).cloned();
        updated.ok_or_else(|| response["notUpdated"][&id]["properties"].clone())
    };
    assert_eq!(update(json!({"expires": "2026-03-10T00:00:00Z"})).await, Ok(Value::Null));
    assert_eq!(expires().await, "2026-03-10T00:00:00Z");
    let clamped = json!({"expires": "2026-03-29T12:00:00Z"});
    assert_eq!(update(json!({"expires": "2026-12-01T00:00:00Z"})).await, Ok(clamped));
    assert_eq!(update(json!({"expires": null})).await, Ok(json!({"expires": "2026-03-08T12:00:00Z"})));
    assert_eq!(update(json!({"types": ["Email"], "verificationCode": null})).await, Ok(Value::Null));
    assert_eq!(update(json!({"id": id, "deviceClientId": "test"})).await, Ok(Value::Null));
    for (property, value) in [
        ("url", json!(service.url("/other"))),
        ("keys", json!(null)),
        ("deviceClientId", json!("other")),
        ("id", json!("w7")),
        ("nothing", json!(1)),
        ("types", json!({})),
        ("expires", json!("2026-02-01T00:00:00Z")),
    ] {
        assert_eq!(update(json!({property: value})).await, Err(json!([property])));
    }
    let deep = set(&server, json!({"update": {&id: {"types/0": "x"}}})).await;
    assert_eq!(deep["notUpdated"][&id]["type"], "invalidPatch");

    // Its time over, it is gone.
    clock.set(at("2026-03-08T12:00:00Z"));
    assert_eq!(get(&server, json!({})).await["list"], json!([]));
    let late = set(&server, json!({"update": {&id: {"expires": "2026-03-20T00:00:00Z"}}})).await;
    assert_eq!(late["notUpdated"][&id]["type"], "notFound");
}

#[tokio::test]
async fn pushes_end_with_the_subscription_and_with_the_password() {
    let mut service = PushService::start();
    let server = TestServer::start_with(|config| service.allow(config)).await;
    let id = subscribe(&server, &mut service, json!({})).await;
    let destroyed = set(&server, json!({"destroy": [&id]})).await;
    assert_eq!((&destroyed["destroyed"], &destroyed["notDestroyed"]), (&json!([id]), &Value::Null));
    assert_eq!(get(&server, json!({"ids": [&id]})).await["notFound"], json!([id]));
    make_mailbox(&server, "One").await;
    service.is_quiet_for(A_WHILE).await;
    let again = set(&server, json!({"destroy": [&id]})).await;
    assert_eq!(again["notDestroyed"][&id]["type"], "notFound");

    subscribe(&server, &mut service, json!({})).await;
    let hash = password::hash(PASSWORD).unwrap();
    let changed = server.store.transaction("test/password", async |transaction| {
        login::set_password(transaction, "ann@example.org", &hash).await
    });
    assert!(changed.await.unwrap());
    assert_eq!(get(&server, json!({})).await["list"], json!([]));
    make_mailbox(&server, "Two").await;
    service.is_quiet_for(A_WHILE).await;
}

#[tokio::test]
async fn a_login_has_so_many_subscriptions_and_makes_so_many_in_an_hour() {
    let server = TestServer::start_with(|config| {
        config.push.allow = vec!["127.0.0.1".to_owned().try_into().unwrap()];
    })
    .await;
    // Nobody listens there.
    let object = json!({"deviceClientId": "x", "url": "https://127.0.0.1:1/"});
    let some: serde_json::Map<String, Value> =
        (0..32).map(|number| (format!("k{number}"), object.clone())).collect();
    let made = set(&server, json!({"create": some})).await;
    assert_eq!(made["created"].as_object().unwrap().len(), 32);
    let one_more = set(&server, json!({"create": {"k": object}})).await;
    assert_eq!(one_more["notCreated"]["k"]["type"], "overQuota");
    let mut ids: Vec<Value> =
        made["created"].as_object().unwrap().values().map(|created| created["id"].clone()).collect();
    for round in 0..3 {
        set(&server, json!({"destroy": ids})).await;
        let made = set(&server, json!({"create": some})).await;
        let refused = made["notCreated"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(refused, if round < 2 { 0 } else { 29 }, "round {round}");
        let created = made["created"].as_object().unwrap();
        ids = created.values().map(|created| created["id"].clone()).collect();
        if round == 2 {
            assert_eq!(made["notCreated"]["k31"]["type"], "rateLimit");
        }
    }
    let many: serde_json::Map<String, Value> =
        (0..33).map(|number| (format!("k{number}"), object.clone())).collect();
    let refused = server.calls(json!([["PushSubscription/set", {"create": many}, "0"]])).await;
    assert_eq!(refused[0][1]["type"], "requestTooLarge");
}
