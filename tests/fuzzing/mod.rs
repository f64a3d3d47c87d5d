//! The fuzz targets, in small: every seed of `fuzz/seeds` and a few hundred mutations of it, the same each time.
//!
//! Each target runs in a process of its own whose memory is bounded, so that an input which makes it grow, or which
//! brings down what is not Rust, fails the test that names it. `fuzz/README.md` tells how to fuzz at large.

mod mutation;
mod seeds;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use signet::fuzzing::TARGETS;

use mutation::Mutator;

/// Mutations of each seed.
const MUTATIONS: u64 = 400;
/// The longest that one input may take, on a machine that has other things to do.
const LONGEST: Duration = Duration::from_secs(2);
/// Address space of a process that runs one target, in KiB.
const MOST_MEMORY: u32 = 1 << 20;
/// The longest input.
const LARGEST: usize = 64 << 10;
/// Names the target to the process that runs it.
const TARGET: &str = "SIGNET_FUZZ_TARGET";

#[test]
fn no_target_fails_on_its_seeds_and_their_mutations() {
    let itself = std::env::current_exe().unwrap();
    let mut failed = Vec::new();
    for (name, _) in TARGETS {
        let output = Command::new("sh")
            .args(["-c", "ulimit -v \"$1\" && shift && exec \"$@\"", "sh", &MOST_MEMORY.to_string()])
            .arg(&itself)
            .args(["--exact", "fuzzing::one_target", "--ignored", "--nocapture", "--test-threads=1"])
            .env(TARGET, name)
            .output()
            .unwrap();
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stdout);
            let wrong = String::from_utf8_lossy(&output.stderr);
            failed.push(format!("{name}: {}\n{told}\n{wrong}", output.status));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
#[ignore = "run for each target by the test above"]
fn one_target() {
    // Of the size that the threads of the server have.
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run_target).unwrap();
    assert!(thread.join().is_ok());
}

fn run_target() {
    let name = std::env::var(TARGET).unwrap();
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).unwrap();
    let seeds: Vec<(String, Vec<u8>)> = seeds_of(&name);
    let all: Vec<&[u8]> = seeds.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    for (number, (seed, bytes)) in seeds.iter().enumerate() {
        run(*target, seed, 0, bytes);
        for mutation in 1..=MUTATIONS {
            let mut mutator = Mutator::new(number as u64 * 1000 + mutation);
            let mut input = mutator.mutate(bytes, &all);
            input.truncate(LARGEST);
            run(*target, seed, mutation, &input);
        }
    }
}

fn run(target: fn(&[u8]), seed: &str, mutation: u64, input: &[u8]) {
    // The last line before a failure says on what.
    println!("{seed}, mutation {mutation}, {} octets", input.len());
    let start = Instant::now();
    target(input);
    let took = start.elapsed();
    assert!(took < LONGEST, "{seed}, mutation {mutation}: {took:?}");
}

#[test]
fn every_target_has_seeds_and_a_binary() {
    let binaries = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(!seeds_of(name).is_empty(), "{name} has no seeds");
        let binary = fs::read_to_string(folder().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(binary.contains("signet::fuzzing::"), "{name}");
        assert!(binaries.contains(&format!("name = \"{name}\"")), "{name} is no binary of fuzz/Cargo.toml");
    }
    let targets = fs::read_dir(folder().join("fuzz_targets")).unwrap().count();
    assert_eq!(targets, TARGETS.len());
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The seeds of a target, by name.
fn seeds_of(target: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(files) = fs::read_dir(folder().join("seeds").join(target)) else { return Vec::new() };
    let mut seeds: Vec<(String, Vec<u8>)> = files
        .map(|file| {
            let file = file.unwrap();
            (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())
        })
        .collect();
    seeds.sort();
    seeds
}
