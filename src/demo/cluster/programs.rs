//! Finding the PostgreSQL programs that the machine has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ClusterError;

/// The two programs that a cluster needs, from one folder.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) initdb: PathBuf,
    pub(super) postgres: PathBuf,
}

impl Programs {
    /// Looks where the environment says, where `pg_config` says, in the folders that packages use (newest version
    /// first) and in PATH.
    pub(super) fn find() -> Result<Self, ClusterError> {
        if let Some(named) = std::env::var_os("SIGNET_PG_BIN") {
            // Whoever names a folder wants that one and no other.
            let folder = PathBuf::from(named);
            return Self::in_folder(&folder).ok_or_else(|| ClusterError::ProgramsNotFound {
                tried: vec![format!("{} (SIGNET_PG_BIN)", folder.display())],
            });
        }
        let mut tried = Vec::new();
        let pg_config = pg_config_bindir();
        if pg_config.is_none() {
            tried.push("pg_config --bindir (no such program)".to_owned());
        }
        for folder in pg_config.into_iter().chain(usual_folders()) {
            if let Some(programs) = Self::in_folder(&folder) {
                return Ok(programs);
            }
            tried.push(folder.display().to_string());
        }
        tried.extend(PATTERNS.iter().map(|(parent, prefix, rest)| format!("{parent}/{prefix}*{rest}")));
        Err(ClusterError::ProgramsNotFound { tried })
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        let programs = Self { initdb: folder.join("initdb"), postgres: folder.join("postgres") };
        (programs.initdb.is_file() && programs.postgres.is_file()).then_some(programs)
    }
}

fn pg_config_bindir() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(folder.trim()))
}

/// Folders with a version in their name: parent, what the name starts with, and where the programs lie in it.
const PATTERNS: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "/bin"),
    ("/usr", "pgsql-", "/bin"),
    ("/opt/homebrew/opt", "postgresql", "/bin"),
    ("/usr/local/opt", "postgresql", "/bin"),
];

fn usual_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        PATTERNS.iter().flat_map(|(parent, prefix, rest)| versioned(parent, prefix, rest)).collect();
    folders.push("/usr/local/pgsql/bin".into());
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    folders
}

fn versioned(parent: &str, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let names = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| name.starts_with(prefix));
    names.sort_by_key(|name| std::cmp::Reverse(version(name)));
    names.iter().map(|name| PathBuf::from(format!("{parent}/{name}{rest}"))).collect()
}

/// The first number in a name: "postgresql@16" is 16, "9.6" is 9, and a name without one is oldest.
fn version(name: &str) -> u32 {
    let digits = name.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first_by_number_and_not_by_letter() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9.6", "15", "16", "notes"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let folders = versioned(parent.path().to_str().unwrap(), "", "/bin");
        let names: Vec<_> =
            folders.iter().map(|folder| folder.iter().rev().nth(1).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["16", "15", "9.6", "notes"]);
    }
}
