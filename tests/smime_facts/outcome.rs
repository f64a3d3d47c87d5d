//! The status of a message is composed twice: in Rust for one message, in SQL for many. They must say the same.

use chrono::{DateTime, Utc};
use signet::smime::{
    AcceptedWeaknesses, Clocks, Code, Facts, Form, Intervals, Outcome, Problem, Status, Verdict, Weakness,
    compose,
};
use tokio_postgres::Client;

use super::hostile::Numbers;
use super::{ANNA, FROM_ANNA, ROOT, facts};
use crate::support::Node;
use crate::support::mail::{ENTITY, Signature, SignedData, header, multipart_signed};
use crate::support::pki::{Identity, KeyType, at, person};

const RECEIVED_AT: &str = "2026-03-01T09:00:00Z";
const CHECKED_AT: &str = "2026-03-01T09:30:00Z";
const EVALUATED_AT: &str = "2026-03-01T12:00:00Z";

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

/// What a message may have wrong, of every kind that a policy tells apart.
fn facts_problems() -> Vec<Problem> {
    let weak = |code, algorithm: &str| Problem::new(code).with("algorithm", algorithm);
    vec![
        Problem::new(Code::ContentAltered),
        weak(Code::WeakDigest, "sha1"),
        weak(Code::WeakDigest, "md5"),
        weak(Code::WeakKey, "rsa").with("bits", "1024"),
        weak(Code::WeakKey, "rsa").with("bits", "512").with("signer", "CN=Anna"),
        weak(Code::WeakKey, "ecdsa").with("bits", "192"),
        weak(Code::UnsupportedAlgorithm, "sha1"),
    ]
}

/// Before, at and after the instants of both clocks.
const DATES: [&str; 6] = [
    "2015-01-01T00:00:00Z",
    RECEIVED_AT,
    "2026-03-01T09:00:00.000001Z",
    EVALUATED_AT,
    "2026-03-01T12:00:00.000001Z",
    "2030-01-01T00:00:00Z",
];

/// One case: facts, verdicts with the instants of their evaluation, and what is accepted.
struct Case {
    form: Form,
    problems: Vec<Problem>,
    verdicts: [Option<(Verdict, DateTime<Utc>)>; 2],
    weak: AcceptedWeaknesses,
}

impl Case {
    fn any(numbers: &mut Numbers) -> Self {
        let forms = [Form::ClearSigned, Form::ClearSigned, Form::Partial, Form::Unknown];
        let form = forms[numbers.below(forms.len())];
        let problems = facts_problems().into_iter().filter(|_| numbers.below(4) == 0).collect();
        let verdicts = [(); 2].map(|()| {
            let all = verdicts();
            let evaluated_at = [CHECKED_AT, EVALUATED_AT, "2026-03-01T11:00:00Z"][numbers.below(3)];
            all[numbers.below(all.len())].clone().map(|verdict| (verdict, at(evaluated_at)))
        });
        let weak = Weakness::ALL.into_iter().fold(AcceptedWeaknesses::default(), |accepted, weakness| {
            match DATES.get(numbers.below(DATES.len() + 2)) {
                Some(date) => accepted.with(weakness, at(date)),
                None => accepted,
            }
        });
        Self { form, problems, verdicts, weak }
    }

    async fn store(&self, client: &Client) {
        let problems = serde_json::to_value(&self.problems).unwrap();
        let changed = client
            .execute(
                "UPDATE email_smime SET form = $1, problems = $2, checked_at = $3",
                &[&self.form.as_str(), &problems, &at(CHECKED_AT)],
            )
            .await;
        assert_eq!(changed.unwrap(), 1);
        for (ordinal, verdict) in (0..).zip(&self.verdicts) {
            store_verdict(client, ordinal, verdict.as_ref()).await;
        }
        client.execute("DELETE FROM weak_algorithm", &[]).await.unwrap();
        for weakness in Weakness::ALL {
            if let Some(before) = self.weak.before(weakness) {
                let insert = "INSERT INTO weak_algorithm (name, accepted_before) VALUES ($1, $2)";
                client.execute(insert, &[&weakness.as_str(), &before]).await.unwrap();
            }
        }
    }

    fn composed(&self, message: &Facts) -> Outcome {
        let facts = Facts { form: self.form, problems: self.problems.clone(), ..message.clone() };
        let evaluated = || self.verdicts.iter().flatten();
        let now = evaluated().map(|(_, evaluated_at)| *evaluated_at).max().unwrap_or(at(CHECKED_AT));
        let verdicts: Vec<_> = evaluated().map(|(verdict, _)| (true, verdict)).collect();
        compose(&facts, &verdicts, Clocks { now, received_at: Some(at(RECEIVED_AT)), weak: &self.weak })
    }
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

    let agree = async |case: &Case| {
        case.store(client).await;
        let composed = case.composed(&message);
        let Case { form, problems, verdicts, weak } = case;
        assert_eq!(viewed(client).await, composed, "{form:?}\n{problems:?}\n{verdicts:?}\n{weak:?}");
        composed
    };
    for form in [Form::ClearSigned, Form::Partial, Form::Unknown] {
        for problems in [vec![], vec![Problem::new(Code::ContentAltered)]] {
            for first in verdicts() {
                for second in verdicts() {
                    let verdicts =
                        [&first, &second].map(|verdict| verdict.clone().map(|v| (v, at(EVALUATED_AT))));
                    let (problems, weak) = (problems.clone(), AcceptedWeaknesses::default());
                    agree(&Case { form, problems, verdicts, weak }).await;
                }
            }
        }
    }
    let mut numbers = Numbers(0x8551);
    let (mut verified, mut differing) = (0, 0);
    for _ in 0..1500 {
        let case = Case::any(&mut numbers);
        let outcome = agree(&case).await;
        verified += usize::from(!case.problems.is_empty() && outcome.status == Some(Status::Verified));
        differing += usize::from(outcome.status != outcome.status_at_delivery);
    }
    assert!(
        verified > 10 && differing > 100,
        "{verified} verified though weak, {differing} by one clock alone"
    );
}

/// Each clock compares its own instant with the date.
#[test]
fn what_is_accepted_before_a_date_counts_for_the_clocks_before_it() {
    let message = Facts { problems: vec![facts_problems()[1].clone()], ..facts(&super::clear_signed()) };
    let good = verdicts()[1].clone().unwrap();
    for (date, now, delivery) in [
        (RECEIVED_AT, Status::Failed, Status::Failed),
        ("2026-03-01T09:00:01Z", Status::Failed, Status::Verified),
        (EVALUATED_AT, Status::Failed, Status::Verified),
        ("2026-03-01T12:00:01Z", Status::Verified, Status::Verified),
    ] {
        let weak = AcceptedWeaknesses::default().with(Weakness::Sha1, at(date));
        let clocks = Clocks { now: at(EVALUATED_AT), received_at: Some(at(RECEIVED_AT)), weak: &weak };
        let outcome = compose(&message, &[(true, &good)], clocks);
        assert_eq!((outcome.status, outcome.status_at_delivery), (Some(now), Some(delivery)), "{date}");
        assert_eq!(outcome.errors.is_empty(), now == Status::Verified);
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

async fn store_verdict(client: &Client, ordinal: i16, verdict: Option<&(Verdict, DateTime<Utc>)>) {
    let (verdict, verified_at) = (verdict.map(|(verdict, _)| verdict), verdict.map(|(_, at)| *at));
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
