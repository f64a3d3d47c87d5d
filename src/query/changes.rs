//! What became of a list since a state (RFC 8620 §5.6): what all statements for it share.
//!
//! The change log says which records are new, changed or gone since the state. Nothing is known of the list as it
//! was, so `removed` holds whatever may have been in it and changed, and `added` what of these is in the list now,
//! with its index, and what is new.

use super::statement::Parameters;

/// More events of the log are not looked at: the changes of so busy a time cost more than the list itself.
pub(super) const MAX_EVENTS: i64 = 20_000;

/// From where on the change log is read.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// The number of the data type in the log.
    pub data_type: i16,
    /// The state; what has a higher number happened after it.
    pub state: i64,
    /// The most changes, as RFC 8620 §5.6 counts them; with more of them none is told.
    pub max_changes: u64,
}

/// The parts `event` and `changed`: the newer events of the log, and what they come to for each record. What is new
/// and gone already was in no list that a client has. `is_event` and `is_relevant` leave out what cannot matter.
pub(super) fn changed(
    account: &str,
    data_type: i16,
    state: &str,
    is_event: &str,
    is_relevant: &str,
    parameters: &mut Parameters,
) -> String {
    let data_type = parameters.add(data_type);
    format!(
        "event AS MATERIALIZED (\n    \
             SELECT object_id, kind FROM change\n    \
             WHERE account_id = {account} AND data_type = {data_type} AND state > {state} AND {is_event}\n    \
             ORDER BY state LIMIT {MAX_EVENTS} + 1\n\
         ), changed AS MATERIALIZED (\n    \
             SELECT object_id AS id, bool_or(kind = 1) AS is_new, bool_or(kind = 3) AS is_gone\n    \
             FROM event GROUP BY object_id HAVING {is_relevant}\n\
         )"
    )
}

/// What follows the parts: `removed (id)` and `listed (id)` are among them. `added` is an expression that gives the
/// listed ids, each followed by its index, in order.
pub(super) fn told(max_changes: u64, added: &str, total: &str, parameters: &mut Parameters) -> String {
    let most = parameters.add(i64::try_from(max_changes).unwrap_or(i64::MAX));
    format!(
        ", size AS (SELECT (SELECT count(*) FROM listed) + (SELECT count(*) FROM removed) AS n)\n\
         SELECT (SELECT count(*) FROM event) > {MAX_EVENTS} AS is_beyond,\n       \
         (SELECT n FROM size) AS changes,\n       \
         CASE WHEN (SELECT n FROM size) <= {most} THEN ARRAY(SELECT id FROM removed ORDER BY id) ELSE '{{}}' END AS removed,\n       \
         CASE WHEN (SELECT n FROM size) <= {most} THEN {added} ELSE '{{}}' END AS added,\n       \
         {total} AS total"
    )
}

/// Ids with their indexes as one array, from a part with these two columns.
pub(super) const PAIRS: &str =
    "CROSS JOIN LATERAL (VALUES (1, r.id), (2, r.index)) AS v (n, x) ORDER BY r.index, v.n";
