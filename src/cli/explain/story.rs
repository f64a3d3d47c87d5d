//! The explanation as a person at a terminal reads it.

use super::Explanation;
use super::next::NextChange;
use crate::cli::told::{self, line};
use crate::jmap::signers::{is_intact, is_sender};
use crate::locale::Language;
use crate::smime::verdict::Interval;
use crate::smime::{PublicKey, Status};
use crate::store::email::DeliveryInterval;
use crate::store::signature::{Signature, StoredVerdict};
use crate::wire::date::utc_date;

impl Explanation {
    /// The story, some lines of text.
    pub fn story(&self) -> String {
        let mut story = String::new();
        let status = word(self.stored.remembered.status);
        line(&mut story, 0, "", &format!("{} {}: {status}", self.account, self.email));
        self.facts(&mut story);
        self.clocks(&mut story);
        for (place, signature) in self.stored.signatures.signatures.iter().enumerate() {
            let delivery = self.stored.deliveries.get(place).copied().flatten();
            self.signer(&mut story, place + 1, signature, delivery);
        }
        told::problems(
            &mut story,
            1,
            "smimeErrors, as the message shows them",
            self.stored.remembered.errors.iter().flatten(),
            Language::default(),
        );
        line(&mut story, 1, "Next change", &self.next.text());
        if let NextChange::At(_, reasons) = &self.next {
            for reason in reasons {
                line(&mut story, 2, "", &format!("- {}", reason.text()));
            }
        }
        story
    }

    fn facts(&self, story: &mut String) {
        let Some(facts) = &self.stored.facts else { return };
        line(story, 1, "Form", told::form(&facts.form));
        let count = facts.problems.len();
        let found = match count {
            0 => "nothing is wrong".to_owned(),
            1 => "one problem".to_owned(),
            _ => format!("{count} problems"),
        };
        let stated = utc_date(facts.stated_at);
        line(story, 1, "Facts", &format!("{found}; stated at {stated}, and true for ever"));
        told::problems(story, 2, "", &facts.problems, Language::default());
    }

    fn clocks(&self, story: &mut String) {
        let (remembered, composed) = (&self.stored.remembered, &self.stored.composed);
        line(story, 1, "Now", &format!("{} at {}", word(remembered.status), utc_date(self.now)));
        if remembered.status != composed.status {
            let now = word(composed.status);
            line(
                story,
                2,
                "",
                &format!("facts and verdicts come to {now}, and the message is still to be moved"),
            );
        }
        let (then, received) = (word(remembered.status_at_delivery), utc_date(self.stored.received_at));
        line(story, 1, "Delivery", &format!("{then} at {received}, its receivedAt"));
        for text in at_delivery(remembered.status_at_delivery, composed.status_at_delivery) {
            line(story, 2, "", &text);
        }
    }

    fn signer(
        &self,
        story: &mut String,
        number: usize,
        signature: &Signature,
        delivery: Option<DeliveryInterval>,
    ) {
        let email = &self.stored.signatures;
        let which = if email.signatures.len() > 1 { format!("Signer {number}") } else { "Signer".to_owned() };
        let signer = &signature.signer;
        match signer.certificate.parse() {
            Ok(parsed) => {
                line(story, 1, &which, &parsed.subject);
                line(story, 2, "Addresses", &parsed.addresses.join(", "));
                line(story, 2, "Issuer", &parsed.issuer);
                line(story, 2, "Serial", &parsed.serial);
                let validity = format!("{} to {}", utc_date(parsed.not_before), utc_date(parsed.not_after));
                line(story, 2, "Valid", &validity);
            }
            Err(error) => line(story, 1, &which, &error.to_string()),
        }
        line(story, 2, "SHA-256", &hex::encode(signer.fingerprint));
        if let Some(key) = PublicKey::of(&signer.certificate) {
            line(story, 2, "Key", &told::key(&key));
        }
        line(story, 2, "Signed with", &format!("{}, {}", signature.algorithm, signature.digest));
        if let Some(at) = signature.signing_time {
            line(story, 2, "Claims time", &utc_date(at));
        }
        line(story, 2, "Role", role(is_sender(email, signature), signature.is_sender));
        let intact = "yes: this key signed this content";
        line(
            story,
            2,
            "Intact",
            if is_intact(signature) { intact } else { "NO: anybody can have made this" },
        );
        if let Some(at) = signer.first_seen_at {
            line(story, 2, "Known since", &utc_date(at));
        }
        match &signer.verdict {
            Some(verdict) => self.verdict(story, verdict, delivery),
            None => line(story, 2, "Verdict", "none yet"),
        }
    }

    fn verdict(&self, story: &mut String, verdict: &StoredVerdict, delivery: Option<DeliveryInterval>) {
        let worth = if verdict.is_good { "good" } else { "not good" };
        let (at, until) = (utc_date(verdict.verified_at), utc_date(verdict.expires_at));
        let due = if verdict.expires_at <= self.now { "; it is due" } else { "" };
        line(story, 2, "Verdict", &format!("{worth}, given at {at}, believed until {until}{due}"));
        told::problems(story, 3, "because", &verdict.problems, Language::default());
        line(
            story,
            2,
            "Chain",
            if verdict.path.is_some() { "" } else { "not known before the next verdict" },
        );
        told::chain(story, 3, verdict);
        if let Some(delivery) = delivery {
            line(story, 2, "Delivery", &delivered(delivery));
        }
    }
}

/// What is remembered of the delivery, beside what would be calculated now.
fn at_delivery(remembered: Option<Status>, composed: Option<Status>) -> Vec<String> {
    if remembered == Some(Status::Unknown) || remembered.is_none() {
        return Vec::new();
    }
    let lasts = match remembered {
        Some(Status::Signed) => {
            "it is not calculated yet, for want of evidence, and follows the next verdict"
        }
        Some(Status::Failed) => "it is remembered; only a trust anchor that is added can still move it",
        _ => "it is remembered, and nothing moves it any more",
    };
    let mut texts = vec![format!("{lasts} (RFC 9219 §4.1)")];
    if remembered != composed {
        texts.push(format!(
            "the verdicts of today would say {}: what is known of the chain has changed since it was calculated",
            word(composed)
        ));
    }
    texts
}

fn role(is_sender: bool, decides: bool) -> &'static str {
    match (is_sender, decides) {
        (true, _) => "the author's: the certificate names the address in From",
        (false, true) => "it decides, and is not the author's",
        (false, false) => "a further signer; its chain decides nothing",
    }
}

fn delivered(delivery: DeliveryInterval) -> String {
    match delivery {
        DeliveryInterval::Good(interval) => format!("the chain was good {}", span(interval)),
        DeliveryInterval::Undetermined(interval) => {
            format!("for want of evidence nobody knows whether the chain was good {}", span(interval))
        }
        DeliveryInterval::Neither => "the chain was not good at receivedAt".to_owned(),
    }
}

fn span((from, until): Interval) -> String {
    match (from, until) {
        (Some(from), Some(until)) => format!("from {} until {}", utc_date(from), utc_date(until)),
        (Some(from), None) => format!("from {} on", utc_date(from)),
        (None, Some(until)) => format!("until {}", utc_date(until)),
        (None, None) => "at any time".to_owned(),
    }
}

fn word(status: Option<Status>) -> &'static str {
    status.map_or("null", Status::as_str)
}
