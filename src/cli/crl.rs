//! `signet crl`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CommandResult, DatabaseArgs, block_on, material, reverify};
use crate::store::trust::{self, CrlRecord};
use crate::trust::material::crl_record;
use crate::wire::date::utc_date;

/// Bring in certificate revocation lists
#[derive(Debug, clap::Args)]
pub(super) struct Crl {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Add(Add),
    List(List),
}

/// Add CRLs; the verdicts of all signers are evaluated again
#[derive(Debug, clap::Args)]
struct Add {
    #[command(flatten)]
    database: DatabaseArgs,

    /// CRLs in PEM or DER, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// List the CRLs that are stored, those from messages included
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Crl {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            match self.action {
                Action::Add(add) => add.run().await,
                Action::List(list) => list.run().await,
            }
        })
    }
}

impl Add {
    async fn run(self) -> CommandResult {
        let ders = material::crls(&self.paths)?;
        let records: Vec<CrlRecord> =
            ders.iter().map(|der| crl_record(der, "operator")).collect::<Result<_, _>>()?;
        let trust = self.database.open_trust().await?;
        let added = trust
            .store()
            .transaction("crl/add", async |transaction| trust::add_crls(transaction, &records).await);
        let added = added.await?;
        println!("added {}, known {}", added.new, records.len() as u64 - added.new);
        if let Some(reverification) = added.reverification {
            reverify::drain(&trust, reverification).await?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        for crl in store.transaction("crl/list", async |transaction| trust::crls(transaction).await).await? {
            let next_update = crl.next_update.map_or_else(|| "none".to_owned(), utc_date);
            println!(
                "{}\t{}\tthisUpdate {}\tnextUpdate {next_update}\t{}",
                hex::encode(crl.digest),
                issuer_of(&crl.der),
                utc_date(crl.this_update),
                crl.source
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn issuer_of(der: &[u8]) -> String {
    use x509_parser::prelude::{CertificateRevocationList, FromDer};
    CertificateRevocationList::from_der(der)
        .map_or_else(|_| "unreadable".to_owned(), |(_, crl)| crl.issuer().to_string())
}
