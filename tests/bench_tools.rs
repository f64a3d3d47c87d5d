//! The tools that measure a server say what is so, and fail when something is wrong.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use signet::clock::Clock;

use crate::support::server::PASSWORD;
use crate::support::{TestServer, audit, letter};

const LETTERS: usize = 12;

/// A folder with the password, and where reports go.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `signet bench`, as ann.
    async fn bench(&self, tool: &str, servers: &[&TestServer], more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signet"));
        command.args(["bench", tool, "--user", "ann@example.org", "--password-file"]);
        command.arg(self.path("password")).arg("--out").arg(self.path("report")).args(more);
        for server in servers {
            command.args(["--url", &server.url("/jmap/session")]);
        }
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    fn report(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.path("report")).unwrap()).unwrap()
    }
}

/// Letters of one thread each; every third is flagged, and one has a word that no other has.
async fn fill(server: &TestServer) {
    for number in 0..LETTERS {
        let body = if number == 5 { "a xylophone" } else { "many lamps here" };
        let mail = letter(&format!("n{number}")).subject("About lamps").body(body);
        let date = format!("2026-03-{:02}T08:00:00Z", number + 1);
        let id = server.import(mail.bytes(), "inbox", &date).await;
        if number % 3 == 0 {
            let set = json!({"update": {id: {"keywords/$flagged": true}}});
            assert!(server.one("Email/set", set).await["notUpdated"].is_null());
        }
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn row<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rows = report["queries"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no row {name}: {report}"))
}

#[tokio::test]
async fn queries_are_measured_with_their_answers_and_plans() {
    let server = TestServer::start().await;
    fill(&server).await;
    let folder = Folder::new();
    let few = ["--rounds", "1", "--requests", "2"];
    let database = server.database.url();
    let all = [&few[..], &["--write", "--database-url", &database]].concat();
    let output = folder.bench("query", &[&server], &all).await;
    assert!(output.status.success(), "{}", text(&output));
    let report = folder.report();
    assert_eq!(report["values"]["emails"], LETTERS);
    for (name, answers) in [
        ("mailbox", LETTERS),
        ("threads", LETTERS),
        ("all", LETTERS),
        ("hasKeyword", LETTERS / 3),
        ("sort-hasKeyword", LETTERS),
        ("text-rare", 1),
        ("from", LETTERS),
        ("hasSmime", 0),
        ("get-list", LETTERS),
        ("get-bodies", LETTERS),
        ("query-get", LETTERS),
        ("changes-1", 1),
    ] {
        let row = row(&report, name);
        assert_eq!(row["answers"], answers, "{row}");
        assert_eq!(row["http"]["count"], 2, "{row}");
        assert!(row["http"]["p50_ms"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["bare"]["time"]["p50_ms"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["bare"]["plan"]["nodes"][0].is_string(), "{row}");
    }
    assert_eq!(row(&report, "mailbox-total")["total"], LETTERS);
    // What is not there is said, and is no error.
    assert_eq!(row(&report, "mailbox-10000")["remark"], format!("the list ends at {LETTERS}"));
    assert_eq!(row(&report, "changes-100")["remark"], format!("the mailbox has {LETTERS} emails"));
    let marked = server.one("Email/query", json!({"filter": {"hasKeyword": "signet-bench"}})).await;
    assert_eq!(marked["ids"], json!([]), "the marks are taken away again");

    let old = folder.path("old");
    std::fs::rename(folder.path("report"), &old).unwrap();
    let compared = [&few[..], &["--only", "mailbox", "--compare", old.to_str().unwrap()]].concat();
    let output = folder.bench("query", &[&server], &compared).await;
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("from 12 to 12 emails"), "{}", text(&output));
    assert_eq!(folder.report()["queries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_query_that_fails_is_told_and_the_others_are_measured() {
    let server = TestServer::start().await;
    fill(&server).await;
    let folder = Folder::new();
    server.database.client().batch_execute("ALTER TABLE email_keyword RENAME TO gone").await.unwrap();
    let few = ["--rounds", "1", "--requests", "1", "--only", "all", "hasKeyword"];
    let output = folder.bench("query", &[&server], &few).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let report = folder.report();
    assert_eq!(row(&report, "all")["error"], Value::Null);
    assert!(row(&report, "hasKeyword")["error"].as_str().unwrap().contains("serverFail"), "{report}");

    let output = folder.bench("query", &[&server], &["--only", "nonsense"]).await;
    assert!(!output.status.success() && text(&output).contains("no query \"nonsense\""), "{}", text(&output));
    std::fs::write(folder.path("password"), "wrong").unwrap();
    for tool in ["query", "load"] {
        let output = folder.bench(tool, &[&server], &[]).await;
        assert!(!output.status.success() && text(&output).contains("401"), "{}", text(&output));
    }
}

#[tokio::test]
async fn two_nodes_under_load_answer_right_and_keep_nothing_of_it() {
    let nodes = TestServer::pair(&Clock::system()).await;
    fill(&nodes[0]).await;
    let folder = Folder::new();
    let (database, pid) = (nodes[0].database.url(), format!("node={}", std::process::id()));
    let more = ["--connections", "6", "--seconds", "3", "--database-url", &database, "--pid", &pid];
    let output = folder.bench("load", &[&nodes[0], &nodes[1]], &more).await;
    assert!(output.status.success(), "{}", text(&output));
    let report = folder.report();
    assert_eq!((&report["errors"], &report["found_late"]), (&json!([]), &json!(0)));
    assert_eq!(report["database"]["deadlocks"], 0);
    assert!(report["database"]["connections"].as_u64().unwrap() > 0, "{report}");
    assert!(report["processes"][0]["most_mib"].as_f64().unwrap() > 1.0, "{report}");
    for kind in ["list", "text", "keyword", "import", "upload", "found", "events", "end"] {
        let kinds = report["kinds"].as_array().unwrap();
        assert!(kinds.iter().any(|row| row["kind"] == kind), "no {kind}: {report}");
    }
    let all = nodes[1].one("Email/query", json!({"calculateTotal": true})).await;
    assert_eq!(all["total"], LETTERS);
    audit::audit(nodes[0].database.client()).await;
}

#[tokio::test]
async fn load_tells_what_fails_and_what_only_was_put_off() {
    let server = TestServer::start_with(|config| config.node.max_requests = 1).await;
    fill(&server).await;
    let folder = Folder::new();
    let more = ["--connections", "4", "--seconds", "2"];
    let output = folder.bench("load", &[&server], &more).await;
    assert!(output.status.success(), "{}", text(&output));
    let report = folder.report();
    assert!(report["refused"]["503"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(report["refused_without_retry_after"], 0);

    server.database.client().batch_execute("ALTER TABLE upload RENAME TO gone").await.unwrap();
    let imports = ["--connections", "1", "--seconds", "1", "--share", "import=10000"];
    let output = folder.bench("load", &[&server], &imports).await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let errors = folder.report()["errors"].clone();
    assert_eq!((&errors[0]["kind"], &errors[0]["error"]), (&json!("import"), &json!("HTTP 500")), "{errors}");
    assert_eq!(server.client.get(server.url("/readyz")).send().await.unwrap().status(), 200);
}
