//! The flags that every command with a database has.

use std::path::PathBuf;

use crate::clock::Clock;
use crate::config::{Config, Overrides};
use crate::lifecycle;
use crate::store::{Store, schema};
use crate::telemetry::{self, Metrics};
use crate::trust::Trust;

/// Where the configuration and the database are. Flags win over the environment, which wins over the file.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseArgs {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "SIGNET_CONFIG")]
    pub config: Option<PathBuf>,

    /// The database, for example postgres://signet@db.example.org/signet?sslmode=verify-full
    #[arg(long, value_name = "URL", env = "SIGNET_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// A file whose first line is the password of the database, for URLs without one
    #[arg(long, value_name = "FILE", env = "SIGNET_DATABASE_PASSWORD_FILE")]
    pub database_password_file: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The configuration: file, environment and these flags.
    pub fn load(&self) -> anyhow::Result<Config> {
        self.load_with(Overrides::default())
    }

    /// The configuration, with flags of the command's own over it. The log starts here.
    pub fn load_with(&self, overrides: Overrides) -> anyhow::Result<Config> {
        let overrides = Overrides {
            database_url: self.database_url.clone(),
            database_password_file: self.database_password_file.clone(),
            ..overrides
        };
        let config = Config::load(self.config.as_deref(), overrides)?;
        let is_json = config.log.format == crate::config::LogFormat::Json;
        telemetry::start_log(is_json, &config.log.filter).map_err(anyhow::Error::msg)?;
        Ok(config)
    }

    /// The database, its schema checked.
    pub async fn open(&self) -> anyhow::Result<Store> {
        let store = lifecycle::connect(&self.load()?, Clock::system()).await?;
        schema::check(&store).await?;
        Ok(store)
    }

    /// The database, its schema checked, with what evaluating verdicts needs.
    pub async fn open_trust(&self) -> anyhow::Result<Trust> {
        let config = self.load()?;
        let store = lifecycle::connect(&config, Clock::system()).await?;
        schema::check(&store).await?;
        Ok(lifecycle::trust(&config, store, Metrics::new())?)
    }
}
