//! The floors of the house (ARCHITECTURE.md): a room imports only from the rooms that stand under it.

use std::fs;
use std::path::Path;

/// Each room with the rooms that it may import. A room may always import itself and the ground floor.
pub const ROOMS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("wire", &[]),
    ("text", &[]),
    ("mime", &["text"]),
    ("smime", &["mime"]),
    ("locale", &["smime"]),
    ("query", &["wire", "text"]),
    ("store", &["clock", "wire", "mime", "smime", "query", "text"]),
    ("delivery", &["clock", "wire", "mime", "smime", "text", "store", "trust", "telemetry"]),
    ("trust", &["clock", "wire", "mime", "smime", "store", "reach", "fetch", "telemetry"]),
    ("telemetry", &[]),
    ("upkeep", &["store", "telemetry"]),
    ("budget", &["telemetry"]),
    ("submit", &["clock", "wire", "mime", "store", "delivery", "trust", "telemetry"]),
    ("reach", &[]),
    ("fetch", &["reach"]),
    ("push", &["wire", "store", "telemetry", "reach"]),
    ("lmtp", &["budget", "delivery", "store", "submit", "telemetry", "trust"]),
    (
        "jmap",
        &[
            "clock", "text", "wire", "mime", "smime", "locale", "query", "store", "delivery", "trust",
            "submit", "push",
        ],
    ),
    ("config", &["smime", "reach"]),
    ("provision", &["wire", "store"]),
    ("fuzzing", &["wire", "text", "mime", "smime", "locale", "query", "lmtp"]),
    (
        "lifecycle",
        &[
            "budget",
            "clock",
            "config",
            "smime",
            "store",
            "trust",
            "submit",
            "push",
            "lmtp",
            "telemetry",
            "reach",
            "fetch",
            "upkeep",
        ],
    ),
    (
        "http",
        &[
            "budget",
            "clock",
            "wire",
            "locale",
            "jmap",
            "store",
            "delivery",
            "trust",
            "push",
            "config",
            "telemetry",
            "lifecycle",
        ],
    ),
    (
        "demo",
        &[
            "clock",
            "wire",
            "mime",
            "smime",
            "store",
            "delivery",
            "trust",
            "jmap",
            "http",
            "config",
            "telemetry",
            "lifecycle",
            "provision",
        ],
    ),
    (
        "cli",
        &[
            "clock",
            "text",
            "wire",
            "mime",
            "smime",
            "locale",
            "store",
            "query",
            "delivery",
            "trust",
            "jmap",
            "http",
            "config",
            "telemetry",
            "lifecycle",
            "provision",
            "demo",
            "upkeep",
        ],
    ),
];

#[test]
fn no_room_imports_from_a_higher_floor() {
    let breaches: Vec<String> = source_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")))
        .into_iter()
        .flat_map(|path| breaches_in(&path))
        .collect();
    assert!(breaches.is_empty(), "imports from a higher floor:\n{}", breaches.join("\n"));
}

#[test]
fn unsafe_stands_in_one_file_only() {
    let with_unsafe: Vec<String> = source_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")))
        .into_iter()
        .filter(|path| {
            fs::read_to_string(path).unwrap().lines().any(|line| code_of(line).contains("unsafe "))
        })
        .map(|path| path.display().to_string())
        .filter(|path| !path.ends_with("src/smime/ffi.rs"))
        .collect();
    assert_eq!(with_unsafe, Vec::<String>::new());
}

fn breaches_in(path: &Path) -> Vec<String> {
    let room = room_of(path);
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return if ["lib", "main"].contains(&room.as_str()) {
            Vec::new()
        } else {
            vec![format!("{}: the room {room} has no floor in this test", path.display())]
        };
    };
    let source = fs::read_to_string(path).unwrap();
    source
        .lines()
        .enumerate()
        .flat_map(|(number, line)| imports_of(code_of(line)).map(move |import| (number + 1, import)))
        .filter(|(_, import)| *import != room && !allowed.contains(&import.as_str()))
        .map(|(number, import)| format!("{}:{number}: {room} imports {import}", path.display()))
        .collect()
}

/// The rooms that a line names by `crate::room`.
fn imports_of(line: &str) -> impl Iterator<Item = String> + '_ {
    line.match_indices("crate::")
        .map(|(at, prefix)| {
            line[at + prefix.len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect::<String>()
        })
        .filter(|name| !name.is_empty())
}

fn code_of(line: &str) -> &str {
    line.split("//").next().unwrap_or("")
}

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn source_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}
