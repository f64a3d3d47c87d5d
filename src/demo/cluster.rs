//! A private PostgreSQL cluster from the programs that the machine has installed: for the demonstration and for
//! the tests. It listens on a unix socket in a folder of its own and nowhere else, and it never outlives the process
//! that started it, however that process ends.

mod folder;
mod programs;
mod user;

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::NoTls;

use folder::{Held, RuntimeFolder};
use programs::Programs;
use user::OrdinaryUser;

/// The role that owns everything in the cluster.
const ROLE: &str = "signet";
/// How long a start may take, recovery after a crash included.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How often to look whether a started server is ready.
const START_POLL: Duration = Duration::from_millis(20);

/// Where a cluster keeps its data, and for how many clients it is made.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// A folder that keeps the data for the next start; none for a cluster that is removed at its end.
    pub data: Option<PathBuf>,
    /// PostgreSQL's `max_connections`.
    pub max_connections: u32,
    /// A library that PostgreSQL is to load at its start (`shared_preload_libraries`).
    pub preload: Option<String>,
}

impl ClusterOptions {
    /// A cluster that is removed at its end. It trades durability for speed.
    pub fn ephemeral() -> Self {
        Self { data: None, max_connections: 100, preload: None }
    }

    /// A cluster that keeps its data in `folder`, made on the first start and used again on the next.
    pub fn kept(folder: impl Into<PathBuf>) -> Self {
        Self { data: Some(folder.into()), max_connections: 100, preload: None }
    }
}

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No folder holds both `initdb` and `postgres`.
    #[error(
        "PostgreSQL's server programs (initdb, postgres) were not found.\nLooked in:\n{}\nInstall them \
         (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install \
         postgresql), or name their folder in the environment variable SIGNET_PG_BIN.",
        indented(tried)
    )]
    ProgramsNotFound {
        /// Every place that was looked at.
        tried: Vec<String>,
    },
    /// PostgreSQL refuses to run as root, and there is nobody else to be.
    #[error(
        "PostgreSQL does not run as root, and /etc/passwd has neither a user \"postgres\" nor a user \"nobody\": \
         start as an ordinary user"
    )]
    NoOrdinaryUser,
    /// No folder for the socket: too long a path, or closed to the user that runs the server.
    #[error(
        "no folder is fit for the server's socket (short path, writable by the user that runs PostgreSQL).\nTried:\n{}\n\
         Name a fit one in the environment variable TMPDIR.",
        indented(tried)
    )]
    NoRuntimeFolder {
        /// Every folder that was tried, with what was wrong.
        tried: Vec<String>,
    },
    /// The data folder belongs to a process that is still running.
    #[error("{} is in use by another process: stop that one first, or name another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The data folder holds something else.
    #[error("{} is neither empty nor a data folder of Signet's: name another one", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// `initdb` failed.
    #[error("initdb could not make a cluster in {}:\n{output}", path.display())]
    Initdb {
        /// The folder of the cluster.
        path: PathBuf,
        /// What initdb wrote.
        output: String,
    },
    /// The server did not start.
    #[error("PostgreSQL did not start on {} ({reason}):\n{log}", path.display())]
    Start {
        /// The folder of the cluster.
        path: PathBuf,
        /// Exited or timed out.
        reason: String,
        /// The end of the server's log.
        log: String,
    },
    /// The operating system refused something.
    #[error("cannot {action} {}: {reason}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        reason: io::Error,
    },
    /// A database name that would need quoting.
    #[error("{0:?} is no name for a database: use lower-case letters, digits and underscores")]
    DatabaseName(String),
    /// The server runs, but refused a statement.
    #[error("the private PostgreSQL cluster refused a statement")]
    Database(#[from] tokio_postgres::Error),
}

impl ClusterError {
    fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |reason| Self::Io { action, path, reason }
    }
}

/// A running private cluster. Dropping it stops the server (fast shutdown: clients are disconnected, nothing is
/// lost) and removes what is not to be kept.
#[derive(Debug)]
pub struct Cluster {
    // Stopped first; its end is what stops the server.
    watchdog: Watchdog,
    server: Child,
    runtime: RuntimeFolder,
    _data: Option<Held>,
}

impl Cluster {
    /// Starts a cluster, making it first where there is none. Blocks for about a second.
    ///
    /// # Errors
    /// Each of [`ClusterError`]'s but the last two; the message says what to do.
    pub fn start(options: &ClusterOptions) -> Result<Self, ClusterError> {
        let programs = Programs::find()?;
        folder::sweep_leftovers();
        let user = OrdinaryUser::to_drop_to(options.data.as_deref())?;
        let runtime = RuntimeFolder::create(user.as_ref())?;
        let (data, held) = match &options.data {
            Some(folder) => {
                let held = Held::claim(folder, user.as_ref())?;
                (held.cluster_folder(), Some(held))
            }
            None => (runtime.path().join("data"), None),
        };
        let watchdog = Watchdog::start(&data, runtime.path())?;
        if !data.join("PG_VERSION").exists() {
            initdb(&programs, user.as_ref(), &data, &runtime)?;
        }
        let server = start_server(&programs, user.as_ref(), &data, &runtime, options)?;
        let mut cluster = Self { watchdog, server, runtime, _data: held };
        cluster.wait_until_ready(&data)?;
        Ok(cluster)
    }

    /// The connection URL of a database of this cluster, as tokio-postgres and psql read it.
    pub fn url(&self, database: &str) -> String {
        let host = utf8_percent_encode(&self.runtime.path().to_string_lossy(), NON_ALPHANUMERIC)
            .to_string()
            .replace("%2F", "/")
            .replace("%2D", "-")
            .replace("%2E", ".")
            .replace("%5F", "_");
        format!("postgresql:///{database}?host={host}&user={ROLE}")
    }

    /// Makes an empty database, unless it is there: then `false`.
    ///
    /// # Errors
    /// A name with other characters than lower-case letters, digits and underscores; a server that refuses.
    pub async fn create_database(&self, name: &str) -> Result<bool, ClusterError> {
        self.create_database_from(name, "template0").await
    }

    /// As [`Cluster::create_database`], with the contents of another database that nobody is connected to.
    ///
    /// # Errors
    /// As [`Cluster::create_database`].
    pub async fn create_database_from(&self, name: &str, template: &str) -> Result<bool, ClusterError> {
        let (name, template) = (database_name(name)?, database_name(template)?);
        self.administer(async |client| {
            let there =
                client.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name]).await?.is_some();
            if !there {
                client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
            }
            Ok(!there)
        })
        .await
    }

    /// Removes a database and disconnects whoever is in it.
    ///
    /// # Errors
    /// As [`Cluster::create_database`].
    pub async fn drop_database(&self, name: &str) -> Result<(), ClusterError> {
        let name = database_name(name)?;
        self.administer(async |client| {
            client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
        })
        .await
    }

    async fn administer<T>(
        &self,
        work: impl AsyncFnOnce(&tokio_postgres::Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, ClusterError> {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls).await?;
        let connection = tokio::spawn(connection);
        let outcome = work(&client).await;
        drop(client);
        // The connection's own end says nothing that the work has not said.
        let _ = connection.await;
        Ok(outcome?)
    }

    /// The server writes "ready" into its pid file when it takes connections.
    fn wait_until_ready(&mut self, data: &Path) -> Result<(), ClusterError> {
        let began = Instant::now();
        loop {
            let pid_file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            let pid = pid_file.lines().next().and_then(|line| line.trim().parse().ok());
            let state = pid_file.lines().nth(7).unwrap_or_default().trim();
            // An older server's pid file may still lie there, so the number counts too.
            if pid == Some(self.server.id()) && state == "ready" {
                return Ok(());
            }
            let reason = match self.server.try_wait() {
                Ok(Some(status)) => status.to_string(),
                Ok(None) if began.elapsed() < START_LIMIT => {
                    thread::sleep(START_POLL);
                    continue;
                }
                Ok(None) => format!("not ready after {} seconds", START_LIMIT.as_secs()),
                Err(error) => error.to_string(),
            };
            return Err(ClusterError::Start {
                path: data.to_owned(),
                reason,
                log: tail(&self.runtime.log_file()),
            });
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.watchdog.stop();
        // The watchdog has seen it end, or has killed it; this takes it from the process table.
        let _ = self.server.wait();
    }
}

fn initdb(
    programs: &Programs,
    user: Option<&OrdinaryUser>,
    data: &Path,
    runtime: &RuntimeFolder,
) -> Result<(), ClusterError> {
    let is_ephemeral = data.starts_with(runtime.path());
    let output = command(&programs.initdb, user, runtime)
        .args(["--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject"])
        .args(is_ephemeral.then_some("--no-sync"))
        .arg(format!("--username={ROLE}"))
        .arg("--pgdata")
        .arg(data)
        .output()
        .map_err(ClusterError::io("run", &programs.initdb))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(ClusterError::Initdb { path: data.to_owned(), output: String::from_utf8_lossy(&said).into_owned() })
}

fn start_server(
    programs: &Programs,
    user: Option<&OrdinaryUser>,
    data: &Path,
    runtime: &RuntimeFolder,
    options: &ClusterOptions,
) -> Result<Child, ClusterError> {
    let log = File::create(runtime.log_file()).map_err(ClusterError::io("create", runtime.log_file()))?;
    let also_log = log.try_clone().map_err(ClusterError::io("open", runtime.log_file()))?;
    let mut server = command(&programs.postgres, user, runtime);
    server.arg("-D").arg(data).arg("-k").arg(runtime.path());
    for setting in ["listen_addresses=", "unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC"] {
        server.args(["-c", setting]);
    }
    // Whoever is root reaches the socket of another user all the same.
    server.args(["-c", &format!("max_connections={}", options.max_connections)]);
    if let Some(library) = &options.preload {
        server.args(["-c", &format!("shared_preload_libraries={library}")]);
    }
    if options.data.is_none() {
        for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
            server.args(["-c", setting]);
        }
    }
    server
        // Ctrl-C on the terminal is for us: the server stops when we have finished with it.
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(also_log)
        .spawn()
        .map_err(ClusterError::io("run", &programs.postgres))
}

/// A program of PostgreSQL's, as the ordinary user, in a folder and an environment in which it feels at home.
fn command(program: &Path, user: Option<&OrdinaryUser>, runtime: &RuntimeFolder) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").env("HOME", runtime.path()).current_dir(runtime.path());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// A shell that waits on a pipe. The pipe closes when we close it, and also when our process ends in any way; then
/// the shell stops the server and removes the runtime folder.
#[derive(Debug)]
struct Watchdog(Child);

impl Watchdog {
    const SCRIPT: &str = include_str!("cluster/watchdog.sh");

    fn start(data: &Path, runtime: &Path) -> Result<Self, ClusterError> {
        Command::new("/bin/sh")
            .args(["-c", Self::SCRIPT, "signet-watchdog"])
            .args([data, runtime])
            .current_dir("/")
            // Out of reach of the terminal's signals, and holding nobody's output open.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
            .map_err(ClusterError::io("run", "/bin/sh"))
    }

    fn stop(&mut self) {
        drop(self.0.stdin.take());
        // It ends by itself; a failure to wait leaves nothing to be done.
        let _ = self.0.wait();
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop();
    }
}

fn database_name(name: &str) -> Result<&str, ClusterError> {
    let is_plain =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() < 64 {
        Ok(name)
    } else {
        Err(ClusterError::DatabaseName(name.to_owned()))
    }
}

/// The last lines of a log.
fn tail(path: &Path) -> String {
    let log = std::fs::read_to_string(path).unwrap_or_else(|error| error.to_string());
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
#[path = "cluster/tests.rs"]
mod tests;
