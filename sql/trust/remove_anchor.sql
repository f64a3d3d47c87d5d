-- trust/remove_anchor: a trust anchor goes
DELETE FROM trust_anchor WHERE fingerprint = $1
