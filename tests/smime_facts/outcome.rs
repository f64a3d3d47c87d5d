//! The status of a message is composed twice: in Rust for one message, in SQL for many. They must say the same.

use chrono::{DateTime, Utc};
use signet::smime::{Code, Facts, Form, Intervals, Outcome, Problem, Status, Verdict, compose};
use tokio_postgres::Client;

use super::{ANNA, FROM_ANNA, ROOT, facts};
use crate::support::Node;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::pki::{Identity, KeyType, at, person};

const RECEIVED_AT: &str = "2026-03-01T09:00:00Z";

/// What a signer's chain may be worth; none is not evaluated yet.
fn verdicts() -> Vec<Option<Verdict>> {
    let covering = || Intervals(vec![(Some(at("2026-01-01T00:00:00Z")), Some(at("2027-01-01T00:00:00Z")))]);
    let missing = || Intervals(vec![(Some(at(RECEIVED_AT) + chrono::Duration::seconds(1)), None)]);
    let verdict = |code: Option<Code>, good, undetermined| {
        let problems = code.into_iter().map(|code| Problem::new(code).with("subject", "CN=Anna")).collect();
        Some(Verdict { problems, good, undetermined, expires_at: at("2026-03-02T00:00:00Z") })
    };
    vec![
        None,
        verdict(None, covering(), Intervals::default()),
        verdict(None, missing(), Intervals::default()),
        verdict(Some(Code::CertificateExpired), covering(), Intervals::default()),
        verdict(Some(Code::RevocationUnavailable), missing(), covering()),
        verdict(Some(Code::UntrustedRoot), Intervals::default(), Intervals::default()),
    ]
}

#[tokio::test]
async fn the_view_and_the_function_agree() {
    let other = person("Anna at Work", KeyType::P256, &["anna@example.org"]).issued_by(&ROOT);
    let raw = twice_signed(&ANNA, &other);
    let node = Node::new().await;
    node.deliver(&raw, RECEIVED_AT).await;
    let client = node.database.client();
    let message = facts(&raw);
    assert!(message.signers.iter().all(|signer| signer.is_sender));

    for form in [Form::ClearSigned, Form::Partial, Form::Unknown] {
        for problems in [vec![], vec![Problem::new(Code::ContentAltered)]] {
            let message = Facts { form, problems, ..message.clone() };
            store_facts(client, &message).await;
            for first in verdicts() {
                for second in verdicts() {
                    store_verdict(client, 0, first.as_ref()).await;
                    store_verdict(client, 1, second.as_ref()).await;
                    let evaluated: Vec<_> =
                        [&first, &second].into_iter().flatten().map(|v| (true, v)).collect();
                    let composed = compose(&message, &evaluated, Some(at(RECEIVED_AT)));
                    assert_eq!(viewed(client).await, composed, "{message:?}\n{first:?}\n{second:?}");
                }
            }
        }
    }
}

fn twice_signed(first: &Identity, second: &Identity) -> Vec<u8> {
    let data = SignedData {
        signer_infos: [first, second].map(|signer| Signature::by(signer).over(ENTITY.as_bytes())).to_vec(),
        certificates: [first, second].map(|signer| signer.certificate.0.clone()).to_vec(),
        ..SignedData::default()
    };
    multipart_signed(&header(FROM_ANNA), ENTITY, &data.der())
}

async fn store_facts(client: &Client, facts: &Facts) {
    let problems = serde_json::to_value(&facts.problems).unwrap();
    let changed = client
        .execute("UPDATE email_smime SET form = $1, problems = $2", &[&facts.form.as_str(), &problems])
        .await;
    assert_eq!(changed.unwrap(), 1);
}

async fn store_verdict(client: &Client, ordinal: i16, verdict: Option<&Verdict>) {
    let verified_at = verdict.map(|_| at("2026-03-01T12:00:00Z"));
    let problems = verdict.map(|verdict| verdict.problems.clone()).unwrap_or_default();
    let is_good = verdict.is_some() && problems.is_empty();
    let changed = client
        .execute(
            "UPDATE verdict d SET verified_at = $2, is_good = $3, problems = $4,
                    good = $5::text::tstzmultirange, undetermined = $6::text::tstzmultirange
             FROM email_signature s WHERE s.signer_id = d.signer_id AND s.ordinal = $1",
            &[
                &ordinal,
                &verified_at,
                &is_good,
                &serde_json::to_value(&problems).unwrap(),
                &multirange(verdict.map(|verdict| &verdict.good)),
                &multirange(verdict.map(|verdict| &verdict.undetermined)),
            ],
        )
        .await;
    assert_eq!(changed.unwrap(), 1);
}

fn multirange(intervals: Option<&Intervals>) -> String {
    let bound = |at: &Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339()).unwrap_or_default();
    let ranges: Vec<String> = intervals
        .iter()
        .flat_map(|intervals| &intervals.0)
        .map(|(from, to)| format!("[{},{})", bound(from), bound(to)))
        .collect();
    format!("{{{}}}", ranges.join(","))
}

async fn viewed(client: &Client) -> Outcome {
    let row = client
        .query_one("SELECT status::text, status_at_delivery::text, errors FROM email_smime_outcome", &[])
        .await
        .unwrap();
    let status = |column| row.get::<_, Option<&str>>(column).map(|token| Status::parse(token).unwrap());
    let errors: Option<serde_json::Value> = row.get(2);
    Outcome {
        status: status(0),
        status_at_delivery: status(1),
        errors: errors.map(|errors| serde_json::from_value(errors).unwrap()).unwrap_or_default(),
    }
}
