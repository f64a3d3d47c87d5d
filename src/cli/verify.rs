//! `signet verify`: what a message's signature is worth, told without a server or a database.
//!
//! The flags, the JSON and the exit status are a contract with those who script against them.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use openssl::asn1::Asn1Object;

use self::report::Report;
use super::{CommandResult, algorithm, material};
use crate::clock::Clock;
use crate::locale::Language;
use crate::mime::Message;
use crate::smime::{AcceptedWeaknesses, Anchor, Policy, Revocation, TrustMaterial, Weakness};

mod report;
mod story;

/// Verify the S/MIME signatures of messages, without a server or a database
///
/// Exit status: 0 all are verified, 1 some failed, 2 some carry no signature and none failed, 3 something could not
/// be read.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// Print one JSON object a line for each file
    #[arg(long)]
    json: bool,
    /// Trust anchors: a PEM or DER file, or a folder of them; can be given again
    #[arg(long, value_name = "PATH")]
    anchors: Vec<PathBuf>,
    /// Revocation lists beside those in the message: a PEM or DER file, or a folder of them
    #[arg(long, value_name = "PATH")]
    crls: Vec<PathBuf>,
    /// OCSP responses beside those in the message: a PEM or DER file, or a folder of them
    #[arg(long, value_name = "PATH")]
    ocsp: Vec<PathBuf>,
    /// Certificates of issuers and signers beside those in the message: a PEM or DER file, or a folder of them
    #[arg(long, value_name = "PATH")]
    certificates: Vec<PathBuf>,
    /// The time to verify at, instead of the present
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    at: Option<DateTime<Utc>>,
    /// When evidence of revocation is required
    #[arg(long, value_enum, default_value_t = Require::Named)]
    revocation: Require,
    /// An acceptable certificate policy; can be given again [default: any]
    #[arg(long, value_name = "OID", value_parser = parse_oid)]
    policy: Vec<String>,
    /// Demand an acceptable certificate policy for the whole chain
    #[arg(long)]
    explicit_policy: bool,
    /// Do not let anyPolicy stand for any policy
    #[arg(long)]
    inhibit_any_policy: bool,
    /// Do not let issuers map policies onto others
    #[arg(long)]
    inhibit_policy_mapping: bool,
    /// The language of the texts that say what is wrong; the rest is in English
    #[arg(long, value_name = "TAG", default_value = Language::default().tag())]
    language: Language,
    /// Accept sha1, md5 or short-key before a time, in messages and in chains; can be given again
    #[arg(long, value_name = "WEAKNESS=RFC3339", value_parser = algorithm::parse_acceptance)]
    accept: Vec<(Weakness, DateTime<Utc>)>,
    /// The messages; - reads one from standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// The words for [`Revocation`].
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Require {
    /// For every certificate below the anchor
    Hard,
    /// Where a certificate names a source, and used where there is some anyway
    Named,
    /// Used where there is some
    Soft,
    /// Never looked at
    Off,
}

/// What the exit status says of one file, the weightiest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Verified,
    NoSignature,
    Failed,
    Unreadable,
}

impl Standing {
    fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Verified => 0,
            Self::Failed => 1,
            Self::NoSignature => 2,
            Self::Unreadable => 3,
        })
    }
}

impl Verify {
    /// What every message is verified with.
    fn material(&self) -> anyhow::Result<TrustMaterial> {
        Ok(TrustMaterial {
            anchors: material::certificates(&self.anchors)?.into_iter().map(Anchor::from).collect(),
            intermediates: material::certificates(&self.certificates)?,
            crls: material::crls(&self.crls)?,
            ocsp: material::ocsp(&self.ocsp)?,
        })
    }

    /// Verifies each file and prints what came out. The material is read first: without it, nothing can be said.
    pub(super) fn run(self) -> CommandResult {
        let material = match self.material() {
            Ok(material) => material,
            Err(error) => {
                eprintln!("signet: {error:#}");
                return Ok(Standing::Unreadable.exit_code());
            }
        };
        let policy = self.policy();
        let now = self.at.unwrap_or_else(|| Clock::system().now());
        let mut worst = Standing::Verified;
        for (position, file) in self.files.iter().enumerate() {
            let standing = match verify(file, &material, &policy, now) {
                Ok(report) => {
                    self.print(position, &report);
                    report.standing()
                }
                Err(error) => {
                    eprintln!("signet: {}: {error:#}", file.display());
                    if self.json {
                        println!("{}", report::unreadable(file, &format!("{error:#}")));
                    }
                    Standing::Unreadable
                }
            };
            worst = worst.max(standing);
        }
        Ok(worst.exit_code())
    }

    fn print(&self, position: usize, report: &Report) {
        if self.json {
            println!("{}", report.to_json(self.language));
        } else {
            if position > 0 {
                println!();
            }
            print!("{}", story::tell(report, self.language));
        }
    }

    fn policy(&self) -> Policy {
        Policy {
            revocation: match self.revocation {
                Require::Hard => Revocation::Hard,
                Require::Named => Revocation::Named,
                Require::Soft => Revocation::Soft,
                Require::Off => Revocation::Off,
            },
            policies: self.policy.clone(),
            explicit_policy: self.explicit_policy,
            inhibit_any_policy: self.inhibit_any_policy,
            inhibit_policy_mapping: self.inhibit_policy_mapping,
            weak: self.accept.iter().fold(AcceptedWeaknesses::default(), |accepted, (weakness, before)| {
                accepted.with(*weakness, *before)
            }),
        }
    }
}

fn verify(
    file: &Path,
    material: &TrustMaterial,
    policy: &Policy,
    now: DateTime<Utc>,
) -> anyhow::Result<Report> {
    let raw = read_message(file)?;
    let message = Message::parse(&raw).context("this is no message")?;
    Ok(Report::of(file, &message, material, policy, now))
}

fn read_message(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut raw = Vec::new();
        std::io::stdin().read_to_end(&mut raw).context("standard input cannot be read")?;
        Ok(raw)
    } else {
        fs::read(file).context("the file cannot be read")
    }
}

fn parse_time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .map_err(|error| format!("{error}; write it like 2026-01-31T12:00:00Z"))
}

fn parse_oid(text: &str) -> Result<String, String> {
    let is_dotted = text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_dotted && Asn1Object::from_str(text).is_ok() {
        Ok(text.to_owned())
    } else {
        Err("write it like 2.16.840.1.101.3.2.1.48.1".to_owned())
    }
}
