//! The user that runs the server: PostgreSQL refuses to be root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::ClusterError;
use super::folder;

/// A user without privileges, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OrdinaryUser {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl OrdinaryUser {
    /// Who to become before running PostgreSQL: nobody else when we are an ordinary user ourselves. As root, whoever
    /// owns the cluster in `data` already, else `postgres`, else `nobody`.
    pub(super) fn to_drop_to(data: Option<&Path>) -> Result<Option<Self>, ClusterError> {
        if !we_are_root() {
            return Ok(None);
        }
        let owner = data
            .and_then(|data| fs::metadata(folder::cluster_folder(data)).ok())
            .map(|cluster| Self { uid: cluster.uid(), gid: cluster.gid() })
            .filter(|owner| owner.uid != 0);
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        owner
            .or_else(|| Self::named("postgres", &passwd))
            .or_else(|| Self::named("nobody", &passwd))
            .map(Some)
            .ok_or(ClusterError::NoOrdinaryUser)
    }

    fn named(name: &str, passwd: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            Some(Self { uid, gid })
        })
    }
}

/// A process's own entry in /proc belongs to it; elsewhere, what we create does.
fn we_are_root() -> bool {
    let uid = fs::metadata("/proc/self").map(|process| process.uid()).ok();
    uid.or_else(|| tempfile_owner().ok()) == Some(0)
}

fn tempfile_owner() -> std::io::Result<u32> {
    let path = std::env::temp_dir().join(format!("signet-owner-{}", std::process::id()));
    let owner = fs::File::create_new(&path)?.metadata().map(|file| file.uid());
    fs::remove_file(&path)?;
    owner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_come_from_the_passwd_file() {
        let passwd =
            "root:x:0:0:root:/root:/bin/bash\npostgresql:x:7:7::/:\npostgres:x:101:103:,,,:/var:/bin/sh\n";
        assert_eq!(OrdinaryUser::named("postgres", passwd), Some(OrdinaryUser { uid: 101, gid: 103 }));
        assert_eq!(OrdinaryUser::named("nobody", passwd), None);
    }
}
