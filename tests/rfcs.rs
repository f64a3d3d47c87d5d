//! What the project follows, section by section, told by the code itself: docs/rfcs.md is made from the citations in
//! comments (`RFC 8621 §4.6`), and the README's tables of RFCs and methods are checked against code and engine.

mod citations;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use signet::jmap;
use signet::wire::capability::Capability;

use crate::support::Node;
use citations::{Section, citations};

/// Set to write docs/rfcs.md anew.
const UPDATE: &str = "SIGNET_UPDATE_DOCUMENTS";

/// How many files of a kind a row names.
const FILES_TOLD: usize = 6;

const HEAD: &str = "# The RFCs, section by section

Made from the citations in the code: beside each section of an RFC of JMAP stand the files whose comments cite it, those
of the program (`src/`, `sql/`, `migrations/`, with their unit tests) and those of `tests/`. A dash says that no file
does: the section is for clients, or explains, or is left out; the [README](../README.md#rfcs) says what is left out.
`tests/rfcs.rs` makes this page and fails when it is out of date;
`SIGNET_UPDATE_DOCUMENTS=1 cargo test --test signet rfcs` writes it anew.
";

#[test]
fn the_page_of_rfcs_is_up_to_date() {
    let page = page();
    let path = root().join("docs/rfcs.md");
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/rfcs.md is out of date: {UPDATE}=1 cargo test --test signet rfcs");
}

/// A citation is worth something only if it leads somewhere.
#[test]
fn every_section_that_is_cited_exists() {
    let known = known();
    let mut wrong = Vec::new();
    for (section, files) in all_citations() {
        let Some(rfc) = known.get(&section.rfc) else {
            wrong.push(format!("RFC {} has no title in tests/rfcs.tsv: {files:?}", section.rfc));
            continue;
        };
        let exists = section.number.is_empty()
            || rfc.sections.is_empty()
            || is_unlisted(&section)
            || rfc.sections.iter().any(|(number, _)| *number == section.number);
        if !exists {
            wrong.push(format!("RFC {} §{} does not exist: {files:?}", section.rfc, section.number));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Introductions, terminology, registrations and references are not listed, and may be cited.
fn is_unlisted(section: &Section) -> bool {
    let chapter = section.number.split('.').next().unwrap();
    match section.rfc {
        8620 => ["1", "9"].contains(&chapter),
        8621 => ["1", "10"].contains(&chapter),
        _ => ["1", "2", "5", "7"].contains(&chapter),
    }
}

/// Each RFC of JMAP that the code follows has its row in the README, and no row is without code.
#[test]
fn the_readme_lists_the_rfcs_of_jmap_that_are_followed() {
    let followed: BTreeSet<u32> = all_citations()
        .into_iter()
        .filter(|(section, files)| {
            !section.number.is_empty() && files.iter().any(|file| !file.starts_with("tests/"))
        })
        .map(|(section, _)| section.rfc)
        .collect();
    let of_jmap: BTreeSet<u32> =
        known().into_iter().filter(|(_, rfc)| !rfc.sections.is_empty()).map(|(number, _)| number).collect();
    let readme = read("README.md");
    let told: BTreeSet<u32> = table(&readme, "## RFCs")
        .flat_map(|row| row[0].split([' ', ',']).filter_map(|word| word.parse().ok()).collect::<Vec<_>>())
        .collect();
    let expected: BTreeSet<u32> = followed.intersection(&of_jmap).copied().collect();
    assert_eq!(told.intersection(&of_jmap).copied().collect::<BTreeSet<_>>(), expected);
    assert_eq!(told.difference(&followed).collect::<Vec<_>>(), Vec::<&u32>::new(), "told, and not followed");
}

/// The README's table of methods is what the engine knows: each capability with all of its methods.
#[tokio::test]
async fn the_readme_lists_the_capabilities_and_methods_that_there_are() {
    let node = Node::new().await;
    let engine = jmap::engine(&node.trust.clone().into());
    let mut expected: BTreeMap<String, BTreeSet<String>> =
        Capability::ALL.iter().map(|capability| (capability.uri().to_owned(), BTreeSet::new())).collect();
    for (method, capability) in engine.methods() {
        expected.get_mut(capability.uri()).unwrap().insert(method.to_owned());
    }
    let readme = read("README.md");
    let told: BTreeMap<String, BTreeSet<String>> = table(&readme, "## Capabilities and methods")
        .map(|row| {
            let spans =
                |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
            (spans(row[0]).remove(0), spans(row[1]).into_iter().filter(|span| span.contains('/')).collect())
        })
        .collect();
    assert_eq!(told, expected);
}

/// What docs/rfcs.md should be.
fn page() -> String {
    let known = known();
    let citations = all_citations();
    let mut page = HEAD.to_owned();
    for (number, rfc) in known.iter().filter(|(_, rfc)| !rfc.sections.is_empty()) {
        if citations.keys().any(|section| section.rfc == *number && !section.number.is_empty()) {
            write!(page, "\n## RFC {number}: {}\n\n", rfc.title).unwrap();
            page += "| section | program | tests |\n|---|---|---|\n";
            for (section, title) in &rfc.sections {
                let files = citations.get(&Section { rfc: *number, number: section.clone() });
                let empty = BTreeSet::new();
                let [program, tests] = by_kind(files.unwrap_or(&empty));
                writeln!(page, "| {section} {title} | {} | {} |", told(&program), told(&tests)).unwrap();
            }
        }
    }
    page += "\n## The others\n\n| RFC | program | tests |\n|---|---|---|\n";
    let mut others: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for (section, files) in citations {
        others.entry(section.rfc).or_default().extend(files);
    }
    for (number, files) in others {
        if let Some(rfc) = known.get(&number).filter(|rfc| rfc.sections.is_empty()) {
            let [program, tests] = by_kind(&files);
            writeln!(page, "| {number} {} | {} | {} |", rfc.title, told(&program), told(&tests)).unwrap();
        }
    }
    page
}

/// The files of the program, and those of the tests.
fn by_kind(files: &BTreeSet<String>) -> [Vec<&str>; 2] {
    let (tests, program) = files.iter().map(String::as_str).partition(|file| file.starts_with("tests/"));
    [program, tests]
}

fn told(files: &[&str]) -> String {
    if files.is_empty() {
        return "—".to_owned();
    }
    let names: Vec<String> = files.iter().take(FILES_TOLD).map(|file| format!("`{file}`")).collect();
    let more = files.len().saturating_sub(FILES_TOLD);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", names.join(", "))
}

/// An RFC of tests/rfcs.tsv.
#[derive(Default)]
struct Rfc {
    title: String,
    /// Numbers and titles in their order; none where the RFC is known by its title alone.
    sections: Vec<(String, String)>,
}

fn known() -> BTreeMap<u32, Rfc> {
    let mut known: BTreeMap<u32, Rfc> = BTreeMap::new();
    let list = read("tests/rfcs.tsv");
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let [number, section, title] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line:?}") };
        let rfc = known.entry(number.parse().unwrap()).or_default();
        match section {
            "" => title.clone_into(&mut rfc.title),
            section => rfc.sections.push((section.to_owned(), title.to_owned())),
        }
    }
    known
}

/// Each section that is cited, with the files that do.
fn all_citations() -> BTreeMap<Section, BTreeSet<String>> {
    let mut all: BTreeMap<Section, BTreeSet<String>> = BTreeMap::new();
    for folder in ["src", "sql", "migrations", "tests"] {
        for path in files_below(&root().join(folder)) {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            // Here stand examples of citations.
            if name == "tests/rfcs/citations.rs" {
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            for section in citations(&name, &text) {
                all.entry(section).or_default().insert(name.clone());
            }
        }
    }
    all
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "sql") {
            files.push(path);
        }
    }
    files
}

/// The rows of the first table below a heading, as their cells.
fn table<'a>(text: &'a str, heading: &str) -> impl Iterator<Item = Vec<&'a str>> {
    let (_, below) = text.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading:?}"));
    let rows =
        below.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
