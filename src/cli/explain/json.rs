//! The explanation as machines read it.

use serde_json::{Map, Value, json};

use super::Explanation;
use super::next::{NextChange, Reason};
use crate::cli::told;
use crate::jmap::signers::{SignerWriter, problems};
use crate::locale::Language;
use crate::smime::verdict::Interval;
use crate::smime::{Problem, Status};
use crate::store::email::DeliveryInterval;
use crate::wire::date::utc_date;

impl Explanation {
    /// One object. Keys may be added to it.
    pub fn to_json(&self) -> Value {
        let stored = &self.stored;
        let word = |status: Option<Status>| status.map(Status::as_str);
        let remembered = &stored.remembered;
        json!({
            "accountId": self.account,
            "emailId": self.email,
            "now": utc_date(self.now),
            "receivedAt": utc_date(stored.received_at),
            "form": stored.facts.as_ref().map(|facts| &facts.form),
            "facts": stored.facts.as_ref().map(|facts| json!({
                "statedAt": utc_date(facts.stated_at),
                "problems": list(&facts.problems),
            })),
            "smimeStatus": word(remembered.status),
            "smimeStatusAtDelivery": word(remembered.status_at_delivery),
            "smimeErrors": list(remembered.errors.iter().flatten()),
            "composed": {
                "smimeStatus": word(stored.composed.status),
                "smimeStatusAtDelivery": word(stored.composed.status_at_delivery),
            },
            "signers": self.signers(),
            "nextChange": next_change(&self.next),
        })
    }

    /// Each signature as an SmimeSigner, with what operators want to know beyond it; then those that name a certificate
    /// that nobody knows.
    fn signers(&self) -> Value {
        let (email, mut writer) = (&self.stored.signatures, SignerWriter::new(Language::default()));
        let Value::Array(objects) = writer.array(email) else { return Value::Null };
        let mut known = email.signatures.iter().zip(&self.stored.deliveries);
        let with_more = |object: Value| {
            let (Value::Object(mut object), Some((signature, delivery))) = (object.clone(), known.next())
            else {
                return object;
            };
            let verdict = signature.signer.verdict.as_ref();
            let mut add = |name: &str, value: Value| object.insert(name.to_owned(), value);
            add("decides", json!(signature.is_sender));
            add("problems", list(problems(signature)));
            add("expiresAt", json!(verdict.map(|verdict| utc_date(verdict.expires_at))));
            add("isDue", json!(verdict.is_none_or(|verdict| verdict.expires_at <= self.now)));
            add("delivery", json!(delivery.map(delivery_object)));
            Value::Object(object)
        };
        objects.into_iter().map(with_more).collect()
    }
}

fn list<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Value {
    problems.into_iter().map(|problem| told::problem_object(problem, Language::default())).collect()
}

fn delivery_object(delivery: DeliveryInterval) -> Value {
    let (word, (from, until)): (&str, Interval) = match delivery {
        DeliveryInterval::Good(interval) => ("good", interval),
        DeliveryInterval::Undetermined(interval) => ("undetermined", interval),
        DeliveryInterval::Neither => ("bad", (None, None)),
    };
    json!({"chainWas": word, "from": from.map(utc_date), "until": until.map(utc_date)})
}

fn next_change(next: &NextChange) -> Value {
    let (when, at, reasons) = match next {
        NextChange::Never => ("never", None, &[][..]),
        NextChange::WithTheFirstVerdict => ("first-verdict", None, &[][..]),
        NextChange::Due(since) => ("due", Some(*since), &[][..]),
        NextChange::At(at, reasons) => ("at", Some(*at), reasons.as_slice()),
    };
    json!({
        "when": when,
        "at": at.map(utc_date),
        "text": next.text(),
        "reasons": reasons.iter().map(reason_object).collect::<Vec<_>>(),
    })
}

fn reason_object(reason: &Reason) -> Value {
    let mut object = Map::new();
    object.insert("reason".to_owned(), reason.word().into());
    match reason {
        Reason::CertificateBegins(subject)
        | Reason::CertificateExpires(subject)
        | Reason::TrustBegins(subject)
        | Reason::TrustEnds(subject) => {
            object.insert("subject".to_owned(), subject.as_str().into());
        }
        Reason::EvidenceBegins(about) | Reason::EvidenceExpires(about) | Reason::RevocationBegins(about) => {
            let evidence = &about.evidence;
            object.insert("subject".to_owned(), about.subject.as_str().into());
            object.insert("kind".to_owned(), evidence.kind.as_str().into());
            object.insert("source".to_owned(), json!(evidence.source));
            object.insert("digest".to_owned(), evidence.digest.as_str().into());
        }
        Reason::WeaknessEnds(weakness) => {
            object.insert("weakness".to_owned(), json!(weakness.as_str()));
        }
        Reason::LongestBelief | Reason::Elsewhere => {}
    }
    object.insert("text".to_owned(), reason.text().into());
    Value::Object(object)
}
