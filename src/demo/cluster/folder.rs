//! The folders of a cluster. Each is held by a lock on a file in it, which the operating system lets go when the
//! process ends: what is not locked belongs to nobody, and may be swept.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::ClusterError;
use super::user::OrdinaryUser;

const PREFIX: &str = "signet-pg-";
const LOCK: &str = "signet.lock";
/// The longest path of a unix socket that every system takes is 103 bytes (`sun_path`); the name of PostgreSQL's
/// own socket and its lock file beside it need 19 of them.
const LONGEST_PATH: usize = 103 - "/.s.PGSQL.5432.lock".len();

/// The folder of the socket, the log and, for an ephemeral cluster, the data. The watchdog removes it.
#[derive(Debug)]
pub(super) struct RuntimeFolder {
    path: PathBuf,
    #[cfg_attr(not(test), expect(dead_code, reason = "held, not used"))]
    lock: File,
}

impl RuntimeFolder {
    /// Makes one in the first place that has a short path and that the user of the server can reach.
    pub(super) fn create(user: Option<&OrdinaryUser>) -> Result<Self, ClusterError> {
        let mut tried = Vec::new();
        for place in places() {
            match Self::create_in(&place, user) {
                Ok(folder) => return Ok(folder),
                Err(problem) => tried.push(format!("{}: {problem}", place.display())),
            }
        }
        Err(ClusterError::NoRuntimeFolder { tried })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn log_file(&self) -> PathBuf {
        self.path.join("postgresql.log")
    }

    #[cfg(test)]
    pub(super) fn unlock(&self) {
        self.lock.unlock().unwrap();
    }

    fn create_in(place: &Path, user: Option<&OrdinaryUser>) -> Result<Self, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        // Process ids repeat, in other containers on the same folder for one: a name that is taken is passed over.
        for _ in 0..100 {
            let number = STARTED.fetch_add(1, Ordering::Relaxed);
            let path = place.join(format!("{PREFIX}{}-{number}", std::process::id()));
            if path.as_os_str().len() > LONGEST_PATH {
                return Err("its path is too long for a socket".to_owned());
            }
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error.to_string()),
            }
            let Ok(Some(lock)) = lock(&path) else { continue };
            return match give_to(&path, user).and_then(|()| try_out(&path, user)) {
                Ok(()) => Ok(Self { path, lock }),
                Err(error) => {
                    // What cannot be removed is empty and will be swept.
                    let _ = fs::remove_dir_all(&path);
                    Err(error.to_string())
                }
            };
        }
        Err("all names are taken".to_owned())
    }
}

/// A folder that keeps a cluster, held against a second process.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    _lock: File,
}

impl Held {
    /// Takes hold of `path`, making it if need be. A server that a killed process left in it is stopped.
    pub(super) fn claim(path: &Path, user: Option<&OrdinaryUser>) -> Result<Self, ClusterError> {
        fs::create_dir_all(path).map_err(ClusterError::io("create", path))?;
        let path = path.canonicalize().map_err(ClusterError::io("open", path))?;
        let mut entries = fs::read_dir(&path).map_err(ClusterError::io("read", &path))?;
        if !path.join(LOCK).exists() && entries.next().is_some() {
            return Err(ClusterError::NotOurs { path });
        }
        let lock = lock(&path)
            .map_err(ClusterError::io("lock", &path))?
            .ok_or_else(|| ClusterError::InUse { path: path.clone() })?;
        let held = Self { path, _lock: lock };
        let cluster = held.cluster_folder();
        if cluster.exists() {
            stop_orphan(&cluster);
        } else {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(&cluster)
                .map_err(ClusterError::io("create", &cluster))?;
            give_to(&cluster, user).map_err(ClusterError::io("hand over", &cluster))?;
        }
        try_out(&cluster, user).map_err(ClusterError::io("use", &cluster))?;
        Ok(held)
    }

    pub(super) fn cluster_folder(&self) -> PathBuf {
        cluster_folder(&self.path)
    }
}

/// Where the cluster lies in a kept folder.
pub(super) fn cluster_folder(kept: &Path) -> PathBuf {
    kept.join("postgresql")
}

/// Removes the runtime folders, and stops the servers, of processes that were killed together with their watchdog.
/// Whatever cannot be removed is left alone: it may be another user's.
pub(super) fn sweep_leftovers() {
    for place in places() {
        let entries = fs::read_dir(&place).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let is_ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
            if !is_ours || !path.join(LOCK).is_file() {
                continue;
            }
            if let Ok(Some(_lock)) = lock(&path) {
                stop_orphan(&path.join("data"));
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

fn places() -> Vec<PathBuf> {
    let mut places = vec![std::env::temp_dir()];
    for place in ["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Takes the lock of a folder; none if another process has it, or swept the folder in this moment.
fn lock(folder: &Path) -> std::io::Result<Option<File>> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let there = fs::metadata(&path).map(|metadata| metadata.ino()).ok();
    Ok((there == Some(file.metadata()?.ino())).then_some(file))
}

fn give_to(path: &Path, user: Option<&OrdinaryUser>) -> std::io::Result<()> {
    user.map_or(Ok(()), |user| chown(path, Some(user.uid), Some(user.gid)))
}

/// Being the owner is not enough: the folders above may be closed.
fn try_out(path: &Path, user: Option<&OrdinaryUser>) -> std::io::Result<()> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "cd \"$1\" && : > probe && rm probe", "sh"]).arg(path);
    if let Some(user) = user {
        shell.uid(user.uid).gid(user.gid);
    }
    let status = shell.current_dir("/").stderr(Stdio::null()).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(std::io::Error::other("the user that runs PostgreSQL cannot write in it"))
    }
}

/// Stops a server whose process nobody holds any more, through the watchdog's own script.
fn stop_orphan(data: &Path) {
    if !data.join("postmaster.pid").exists() {
        return;
    }
    // No runtime folder is removed here: the caller knows whether there is one.
    let _ = Command::new("/bin/sh")
        .args(["-c", super::Watchdog::SCRIPT, "signet-watchdog"])
        .arg(data)
        .arg(data.join("no-such-folder"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
