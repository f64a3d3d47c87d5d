//! The flags that every command with a database has.

use std::path::PathBuf;

/// Where the configuration and the database are. Flags win over the environment, which wins over the file.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseArgs {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "SIGNET_CONFIG")]
    pub config: Option<PathBuf>,

    /// The database, for example postgres://signet@db.example.org/signet?sslmode=verify-full
    #[arg(long, value_name = "URL", env = "SIGNET_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}
