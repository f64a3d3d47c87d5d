//! `signet evidence` as an operator meets it.

use std::process::{Command, Output};

use serde_json::Value;

use super::*;
use crate::support::web::Answer;

/// Runs the program beside a server that goes on answering.
async fn signet(scene: &Scene, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signet.toml");
    std::fs::write(&file, "[fetch]\nallow = [\"127.0.0.0/8\"]\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
    command.arg("evidence").args(arguments).arg("--config").arg(&file);
    command.env("SIGNET_DATABASE_URL", scene.node.database.url()).env("RUST_LOG", "off");
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn sources_are_listed_and_fetched() {
    let scene = Scene::new().await;
    let (ann, _) = scene.ann("/ca.crl");
    scene.deliver(&ann, 1).await;
    let url = scene.web.url("/ca.crl");
    let listed = printed(&signet(&scene, &["list"]).await);
    assert!(listed.contains(&url) && listed.contains("not tried yet"), "{listed}");

    scene.web.answer("/ca.crl", Answer::Status(500, String::new(), Vec::new()));
    let failed = signet(&scene, &["fetch", &url]).await;
    assert_eq!(failed.status.code(), Some(1));
    assert!(printed(&failed).contains("status: the server answers with status 500"), "{}", printed(&failed));
    let json: Value =
        serde_json::from_str(&printed(&signet(&scene, &["list", "--failing", "--json"]).await)).unwrap();
    let source = &json["sources"][0];
    assert_eq!(
        (source["url"].as_str(), source["error"]["code"].as_str()),
        (Some(url.as_str()), Some("status"))
    );
    assert_eq!((source["wantedBy"].as_i64(), source["lackedBy"].as_i64()), (Some(1), Some(1)));

    // Good for the machine's clock, by which the program goes.
    let now = signet::clock::Clock::system().now();
    let day = chrono::Duration::days(1);
    scene.web.content("/ca.crl", &scene.pki.intermediate.crl(now - day, now + day, &[]));
    let fetched = signet(&scene, &["fetch", &url]).await;
    assert_eq!(fetched.status.code(), Some(0), "{}", printed(&fetched));
    assert!(printed(&fetched).starts_with(&format!("{url}\tok\t")), "{}", printed(&fetched));
    let listed = printed(&signet(&scene, &["list"]).await);
    assert!(listed.contains("\tgood\n") && listed.contains("CN=Intermediate"), "{listed}");
    assert_eq!(printed(&signet(&scene, &["list", "--failing"]).await), "");

    let unknown = signet(&scene, &["fetch", "http://ca.example.com/x"]).await;
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no verdict wants anything"));
}
