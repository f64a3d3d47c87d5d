//! Every fixed statement is what the schema takes, says its name, and stands in its file alone.

use std::fs;
use std::path::PathBuf;

use crate::support::TestDatabase;

#[tokio::test]
async fn every_statement_is_prepared_by_the_migrated_schema() {
    let database = TestDatabase::new().await;
    let mut failures = Vec::new();
    for path in statements() {
        let text = fs::read_to_string(&path).unwrap();
        if let Err(error) = database.client().prepare(&text).await {
            let reason =
                error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
            failures.push(format!("{}: {reason}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_statement_opens_with_its_name_and_takes_the_time_as_a_parameter() {
    for path in statements() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(folder()).unwrap().with_extension("");
        assert!(
            text.starts_with(&format!("-- {}: ", name.display())),
            "{} does not open with its name",
            path.display()
        );
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        assert!(!code.to_lowercase().contains("now()"), "{} asks the database for the time", path.display());
    }
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/sql"))
}

fn statements() -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder()).sort_by_file_name().into_iter();
    let files: Vec<PathBuf> = files
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    assert!(files.len() > 50, "the statements have moved");
    files
}
