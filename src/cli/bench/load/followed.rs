//! What /changes must tell: what a connection did itself, and states that move forward.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli::bench::client::{Failure, take};

/// What a worker knows of the account's emails by /changes, and what it did since; or what /changes tells.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// The state that /changes is asked from.
    pub(super) since: Option<String>,
    /// The largest state that was ever told, where states are numbers.
    newest: u64,
    pub(super) created: BTreeSet<String>,
    pub(super) updated: BTreeSet<String>,
    pub(super) destroyed: BTreeSet<String>,
}

impl Followed {
    /// From this state on nothing was done yet.
    pub(super) fn begin_anew(&mut self, since: Option<String>) {
        *self = Self { since, newest: self.newest, ..Self::default() };
    }

    /// A state that a response told. What one connection is told of one account after the other never goes back, where
    /// the server's states are numbers; of others only the server knows which is the newer one.
    pub(super) fn look(&mut self, state: Option<&Value>) -> Result<(), Failure> {
        let Some(state) = state.and_then(|state| state.as_str()?.parse().ok()) else { return Ok(()) };
        if state < self.newest {
            return Err(Failure::Wrong(format!("the state went back from {} to {state}", self.newest)));
        }
        self.newest = state;
        Ok(())
    }

    /// Adds what a response of Email/changes tells.
    pub(super) fn read(&mut self, changes: &mut Value) -> Result<(), Failure> {
        for (name, ids) in [
            ("created", &mut self.created),
            ("updated", &mut self.updated),
            ("destroyed", &mut self.destroyed),
        ] {
            let told: Vec<String> = serde_json::from_value(take(changes, name))
                .map_err(|_| Failure::Wrong(format!("Email/changes without {name}")))?;
            ids.extend(told);
        }
        Ok(())
    }

    /// What was done and is not told, if there is anything.
    pub(super) fn missing_in(&self, told: &Self) -> Option<String> {
        let is_gone = |id: &&String| self.destroyed.contains(*id);
        let created = self.created.iter().find(|id| !is_gone(id) && !told.created.contains(*id));
        let updated = self
            .updated
            .iter()
            .find(|id| !is_gone(id) && !self.created.contains(*id) && !told.updated.contains(*id));
        let destroyed =
            self.destroyed.iter().find(|id| !self.created.contains(*id) && !told.destroyed.contains(*id));
        let said = |id: Option<&String>, what: &str| id.map(|id| format!("{id} was {what}"));
        said(created, "created").or_else(|| said(updated, "updated")).or_else(|| said(destroyed, "destroyed"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn what_was_done_must_be_told() {
        let done = Followed {
            created: ids(&["a", "b"]),
            updated: ids(&["a", "c", "d"]),
            destroyed: ids(&["b", "d"]),
            ..Followed::default()
        };
        let mut told = Followed::default();
        let mut changes = json!({"created": ["a", "x"], "updated": ["c"], "destroyed": ["d"]});
        told.read(&mut changes).unwrap();
        assert_eq!(done.missing_in(&told), None, "b came and went");
        for (created, updated, destroyed, missing) in [
            (ids(&[]), ids(&["c"]), ids(&["d"]), "a was created"),
            (ids(&["a"]), ids(&[]), ids(&["d"]), "c was updated"),
            (ids(&["a"]), ids(&["c"]), ids(&[]), "d was destroyed"),
        ] {
            let told = Followed { created, updated, destroyed, ..Followed::default() };
            assert_eq!(done.missing_in(&told).as_deref(), Some(missing));
        }
        assert!(told.read(&mut json!({"created": []})).is_err());
    }

    #[test]
    fn states_move_forward_only() {
        let mut followed = Followed::default();
        for state in ["7", "7", "10", "x1"] {
            followed.look(Some(&json!(state))).unwrap();
        }
        assert!(followed.look(Some(&json!("9"))).is_err());
        assert!(followed.look(None).is_ok());
    }
}
