//! `signet health`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use super::{CommandResult, block_on};

/// How long a node may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ask a node how it is
///
/// For containers, which need no other program to be watched. Exit status 0 if the URL answers with 200, within five
/// seconds and without a redirect, else 1.
#[derive(Debug, clap::Args)]
pub(super) struct Health {
    /// For example http://127.0.0.1:8080/readyz
    url: reqwest::Url,
}

impl Health {
    pub(super) fn run(self) -> CommandResult {
        block_on(async {
            let client = reqwest::Client::builder()
                .timeout(PATIENCE)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .context("no request can be made")?;
            let response = client.get(self.url).send().await.context("the node does not answer")?;
            let status = response.status();
            anyhow::ensure!(status == reqwest::StatusCode::OK, "the node answers {status}");
            Ok(ExitCode::SUCCESS)
        })
    }
}
