//! What the documents say of the code is so: paths, rooms, codes, keys of the configuration, metrics.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use signet::smime::Code;

use crate::floors::ROOMS;

const DOCUMENTS: [&str; 9] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/operating.md",
    "docs/postgresql.md",
    "docs/clients.md",
    "docs/rfcs.md",
    "docs/verification.md",
    "docs/extensions/smime-signers.md",
];

/// Keys without a default: the sample shows an example of each.
const EXAMPLES: [&str; 13] = [
    "public_url",
    "database.url",
    "database.password_file",
    "submission.host_name",
    "relay.host",
    "relay.user",
    "relay.password",
    "relay.ca_file",
    "push.ca_file",
    "push.contact",
    "fetch.ca_file",
    "fetch.proxy",
    "lmtp.listen",
];

/// The folders whose files the documents name in backticks by their paths.
const FOLDERS: [&str; 7] = ["src/", "sql/", "docs/", "scripts/", "tests/", "migrations/", "demo/"];

#[test]
fn every_path_that_is_named_exists() {
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let spans = spans(&text);
        let paths: Vec<&str> =
            spans.into_iter().filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder))).collect();
        missing.extend(
            paths.iter().filter(|path| !root().join(path).exists()).map(|path| format!("{document}: {path}")),
        );
    }
    assert!(missing.is_empty(), "named, and not there:\n{}", missing.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let folder = root().join(document).parent().unwrap().to_owned();
        for target in links(&read(document)) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, heading) =
                target.split_once('#').map_or((target, None), |(path, at)| (path, Some(at)));
            // Without a path it is a heading of this page.
            let file = if path.is_empty() { root().join(document) } else { folder.join(path) };
            let Ok(text) = fs::read_to_string(file) else {
                broken.push(format!("{document}: {target}"));
                continue;
            };
            if heading.is_some_and(|heading| !headings(&text).contains(heading)) {
                broken.push(format!("{document}: {target} (no such heading)"));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_room_stands_in_the_architecture_with_what_it_may_import() {
    let text = read("ARCHITECTURE.md");
    for (room, imports) in ROOMS {
        let start = format!("| `{room}` |");
        let row = text.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("the room {room} is not in the table"));
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let told: BTreeSet<&str> = spans(cell).into_iter().collect();
        assert_eq!(told, imports.iter().copied().collect(), "what {room} may import");
    }
}

#[test]
fn every_problem_code_has_its_row() {
    let text = read("docs/verification.md");
    for code in Code::ALL {
        let start = format!("| `{}` |", code.as_str());
        assert!(text.lines().any(|line| line.starts_with(&start)), "{} has no row", code.as_str());
    }
}

#[test]
fn every_key_of_the_configuration_has_its_row_with_its_default() {
    let text = read("docs/operating.md");
    let sample: toml::Table = toml::from_str(&read("docs/signet.toml")).unwrap();
    let keys = flattened(&sample);
    for (key, value) in &keys {
        // What has no default stands in the sample as an example.
        let default = if EXAMPLES.contains(&key.as_str()) { "none" } else { &format!("`{value}`") };
        let start = format!("| `{key}` | {default} |");
        assert!(text.lines().any(|line| line.starts_with(&start)), "no row that begins {start}");
    }
    let section = text.split("## Configuration").nth(1).unwrap().split("### ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, keys.len(), "rows for keys that the sample does not have");
}

#[test]
fn every_metric_of_ours_is_told() {
    assert_eq!(metrics_in(&read("docs/operating.md")), our_metrics());
}

#[test]
fn every_metric_of_the_alert_rules_exists() {
    let rules = read("docs/alerts.yml");
    let unknown: Vec<String> = metrics_in(&rules).difference(&our_metrics()).cloned().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_alert_rule_is_whole() {
    let rules = read("docs/alerts.yml");
    let alerts: Vec<&str> = rules.split("- alert: ").skip(1).collect();
    let mut names = BTreeSet::new();
    for alert in &alerts {
        let (name, rest) = alert.split_once('\n').unwrap();
        assert!(name.starts_with("Signet") && names.insert(name), "{name} is told twice");
        for key in ["expr: ", "severity: ", "summary: ", "description: "] {
            let lines = rest.lines().filter(|line| line.trim_start().starts_with(key)).count();
            assert_eq!(lines, 1, "{key} of {name}");
        }
        let value = |key: &str| rest.split_once(key).unwrap().1.lines().next().unwrap().to_owned();
        assert!(["critical", "warning", "info"].contains(&value("severity: ").as_str()), "{name}");
        // YAML takes ": " in a plain text for a key.
        for key in ["expr: ", "summary: ", "description: "] {
            let text = value(key);
            assert!(text.starts_with('"') || !text.contains(": "), "{key} of {name} wants quotes");
        }
        assert!(value("description: ").ends_with('.'), "{name}");
    }
    assert!(alerts.len() >= 10);
}

fn our_metrics() -> BTreeSet<String> {
    let files = fs::read_dir(root().join("src/telemetry")).unwrap();
    files.flat_map(|file| metrics_in(&read(file.unwrap().path()))).collect()
}

/// The names of metrics in a text; parts of histograms by the name of the whole.
fn metrics_in(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("signet_"))
        .map(|word| {
            let parts = ["_bucket", "_count", "_sum"];
            parts.iter().find_map(|part| word.strip_suffix(part)).unwrap_or(word).to_owned()
        })
        .collect()
}

fn flattened(table: &toml::Table) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for (name, value) in table {
        match value {
            toml::Value::Table(table) => {
                keys.extend(
                    flattened(table).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)),
                );
            }
            toml::Value::String(text) => keys.push((name.clone(), text.clone())),
            other => keys.push((name.clone(), other.to_string())),
        }
    }
    keys
}

/// What stands in backticks.
fn spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The targets of links.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// The anchors of headings, as hosts of repositories make them.
fn headings(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
