//! Which emails belong together (RFC 8621 §3).

use std::collections::BTreeSet;

use super::base_subject::base_subject;
use super::summary::Summary;

/// Of a message's ids, so many from the front and so many from the back join threads: the start of a conversation and
/// what was answered last.
const MAX_IDS_AT_EACH_END: usize = 30;

/// A digest of a message id and a base subject: two emails that share one belong to one thread.
pub type ThreadKey = [u8; 16];

/// One key for each distinct id of Message-ID, References and In-Reply-To, in ascending order.
///
/// RFC 8621 §3 joins emails that share a message id and whose subjects are the same, "automatically added prefixes"
/// aside: that is the base subject, without regard to case.
pub fn thread_keys(summary: &Summary) -> Vec<ThreadKey> {
    let subject = base_subject(summary.subject.as_deref().unwrap_or_default()).to_lowercase();
    let ids: Vec<&String> = [&summary.message_id, &summary.references, &summary.in_reply_to]
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    let front = ids.iter().take(MAX_IDS_AT_EACH_END);
    let back = ids.iter().rev().take(MAX_IDS_AT_EACH_END);
    let keys: BTreeSet<ThreadKey> = front.chain(back).map(|id| thread_key(id, &subject)).collect();
    keys.into_iter().collect()
}

/// The first half of SHA-256 over the id, an octet 0, and the base subject. Neither holds an octet 0.
pub fn thread_key(message_id: &str, base_subject: &str) -> ThreadKey {
    let digest = openssl::sha::sha256(&[message_id.as_bytes(), b"\0", base_subject.as_bytes()].concat());
    let mut key = ThreadKey::default();
    key.copy_from_slice(&digest[..16]);
    key
}

#[cfg(test)]
mod tests {
    use super::super::door::Message;
    use super::*;

    fn keys(header: &str) -> Vec<ThreadKey> {
        let raw = format!("{header}\n\nbody\n");
        thread_keys(&Summary::of(&Message::parse(raw.as_bytes()).unwrap()))
    }

    fn share_a_thread(one: &str, other: &str) -> bool {
        keys(one).iter().any(|key| keys(other).contains(key))
    }

    #[test]
    fn a_reply_joins_what_it_answers() {
        let first = "Message-ID: <a@x>\nSubject: Dinner";
        assert!(share_a_thread(first, "Message-ID: <b@x>\nIn-Reply-To: <a@x>\nSubject: Re: dinner"));
        assert!(share_a_thread(
            first,
            "Message-ID: <c@x>\nReferences: <a@x> <b@x>\nSubject: [list] Re: Dinner (fwd)"
        ));
        assert!(!share_a_thread(first, "Message-ID: <d@x>\nIn-Reply-To: <a@x>\nSubject: Lunch"));
        assert!(!share_a_thread(first, "Message-ID: <e@x>\nSubject: Dinner"));
    }

    #[test]
    fn emails_without_a_subject_join_each_other() {
        assert!(share_a_thread("Message-ID: <a@x>", "Message-ID: <b@x>\nReferences: <a@x>\nSubject: Re:"));
    }

    #[test]
    fn each_id_counts_once_and_their_number_is_bounded() {
        assert_eq!(keys("Message-ID: <a@x>\nIn-Reply-To: <a@x> <b@x>\nReferences: <b@x> <a@x>").len(), 2);
        assert_eq!(keys("Subject: none"), Vec::<ThreadKey>::new());
        let many: String = (0..1_000).map(|number| format!(" <{number}@x>\n")).collect();
        assert_eq!(keys(&format!("References:{}", many.trim_end())).len(), 2 * MAX_IDS_AT_EACH_END);
    }

    #[test]
    fn keys_stay_what_they_are() {
        assert_eq!(
            hex::encode(thread_key("a@x", "dinner")),
            hex::encode(&openssl::sha::sha256(b"a@x\0dinner")[..16])
        );
    }
}
