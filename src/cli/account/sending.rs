//! `signet account sending`.

use std::process::ExitCode;

use super::{DatabaseArgs, named};
use crate::cli::CommandResult;
use crate::store::account;

/// Show whether an account may send, keep it from sending, or let it send again
///
/// Clients are told when they submit. What waits to be sent goes on waiting, and fails when it is too old.
#[derive(Debug, clap::Args)]
pub(super) struct SendingCommand {
    #[command(flatten)]
    database: DatabaseArgs,

    /// The account's name
    account: String,

    /// Whether it may send
    switch: Option<Switch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    On,
    Off,
}

impl SendingCommand {
    pub(super) async fn run(self) -> CommandResult {
        let store = self.database.open().await?;
        let account = named(&store, &self.account).await?;
        let may_send = store.transaction("cli/sending", async |transaction| {
            if let Some(switch) = self.switch {
                account::set_may_send(transaction, account, switch == Switch::On).await?;
            }
            account::may_send(transaction, account).await
        });
        println!("{}", if may_send.await? { "on" } else { "off" });
        Ok(ExitCode::SUCCESS)
    }
}
