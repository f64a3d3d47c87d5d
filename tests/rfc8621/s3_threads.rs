//! RFC 8621 §3: Thread, which emails belong to one, /get and /changes.

use serde_json::{Value, json};
use signet::wire::ids::ThreadId;

use crate::support::letter::Letter;
use crate::support::{Node, letter};

async fn thread_of(node: &Node, letter: &Letter, minute: u32) -> ThreadId {
    node.deliver(&letter.bytes(), &format!("2026-03-01T08:{minute:02}:00Z")).await.thread
}

/// §3: one thread for emails that share a message id in Message-Id, In-Reply-To or References and whose subjects are the
/// same after "automatically added prefixes" and white space are stripped.
#[tokio::test]
async fn a_shared_message_id_and_the_same_base_subject_make_a_thread() {
    let node = Node::new().await;
    let root = thread_of(&node, &letter("root").subject("Project plan"), 0).await;
    let referring = |id: &str, references: &str| letter(id).field("References", references);
    let mut minute = 0;
    for (belongs, letter) in [
        (true, letter("a").subject("Re: Project plan").answers("root")),
        (true, letter("b").subject("FWD: re:  Project   plan (fwd)").answers("a")),
        (true, referring("c", "<unknown@x> <root@example.org>").subject("Re: Project plan")),
        (true, letter("d").subject("[list] Re: PROJECT PLAN").answers("root")),
        (true, letter("e").subject("Project plan").answers("root")),
        // The id is shared, and the subject is another.
        (false, letter("f").subject("Something else").answers("root")),
        // The subject is the same, and no id is shared.
        (false, letter("g").subject("Project plan")),
        (false, letter("h").subject("Re: Project plan").answers("nobody")),
        (false, letter("i").subject("Project plans").answers("root")),
    ] {
        minute += 1;
        let thread = thread_of(&node, &letter, minute).await;
        assert_eq!(thread == root, belongs, "{}", String::from_utf8_lossy(&letter.bytes()));
    }
}

/// An answer that comes before the message that it answers is joined by it.
#[tokio::test]
async fn the_order_of_arrival_does_not_matter() {
    let node = Node::new().await;
    let answer = thread_of(&node, &letter("answer").subject("Re: Lunch").answers("question"), 1).await;
    let question = thread_of(&node, &letter("question").subject("Lunch"), 2).await;
    assert_eq!(answer, question);
    let sibling = thread_of(&node, &letter("sibling").subject("Re: Lunch").answers("question"), 3).await;
    assert_eq!(answer, sibling);
}

/// "Since the 'threadId' of an Email is immutable": a message that links two threads changes neither, and no email gets
/// another id.
#[tokio::test]
async fn a_late_link_between_two_threads_moves_no_email() {
    let node = Node::new().await;
    let one = node.deliver(&letter("one").subject("Budget").bytes(), "2026-03-01T08:00:00Z").await;
    let two = node.deliver(&letter("two").subject("Budget").bytes(), "2026-03-01T09:00:00Z").await;
    assert_ne!(one.thread, two.thread);
    let since = node.one("Email/get", json!({"ids": []})).await["state"].clone();
    let link =
        letter("link").subject("Re: Budget").field("References", "<one@example.org> <two@example.org>");
    let link = node.deliver(&link.bytes(), "2026-03-01T10:00:00Z").await;
    assert_eq!(link.thread, one.thread, "the oldest of the threads");
    let changes = node.one("Email/changes", json!({"sinceState": since})).await;
    assert_eq!(
        (&changes["created"], &changes["updated"], &changes["destroyed"]),
        (&json!([link.email]), &json!([]), &json!([]))
    );
    let got = node.one("Email/get", json!({"ids": [one.email, two.email], "properties": ["threadId"]})).await;
    assert_eq!(
        got["list"],
        json!([{"id": one.email, "threadId": one.thread}, {"id": two.email, "threadId": two.thread}])
    );
}

/// "sorted by the 'receivedAt' date of the Email, oldest first", stable where the dates are the same; and only what is
/// in the account yet.
#[tokio::test]
async fn the_emails_of_a_thread_are_sorted_by_date() {
    let node = Node::new().await;
    let mut emails = Vec::new();
    for (id, time) in [("a", "10:00"), ("b", "08:00"), ("c", "09:00"), ("d", "09:00")] {
        let letter = letter(id).subject("Lunch").answers("root");
        emails.push(node.deliver(&letter.bytes(), &format!("2026-03-01T{time}:00Z")).await);
    }
    let thread = emails[0].thread;
    let [a, b, c, d] = [0, 1, 2, 3].map(|index: usize| emails[index].email.to_string());
    let listed =
        async || node.one("Thread/get", json!({"ids": [thread]})).await["list"][0]["emailIds"].clone();
    assert_eq!(listed().await, json!([b, c, d, a]));
    node.one("Email/set", json!({"destroy": [c]})).await;
    assert_eq!(listed().await, json!([b, d, a]));
}

/// §3.2: a thread is created with its first email, updated when one comes or goes, and destroyed with its last; a
/// keyword is nothing of a thread.
#[tokio::test]
async fn changes_of_threads() {
    let node = Node::new().await;
    let mut since = node.one("Thread/get", json!({"ids": []})).await["state"].clone();
    let mut changes = async || {
        let changes = node.one("Thread/changes", json!({"sinceState": since})).await;
        since = changes["newState"].clone();
        json!([changes["created"], changes["updated"], changes["destroyed"]])
    };
    let first = node.deliver(&letter("1").bytes(), "2026-03-01T08:00:00Z").await;
    let thread = first.thread;
    assert_eq!(changes().await, json!([[thread], [], []]));
    let reply = letter("2").subject("Re: Letter 1").answers("1");
    let reply = node.deliver(&reply.bytes(), "2026-03-01T09:00:00Z").await;
    assert_eq!(changes().await, json!([[], [thread], []]));
    node.one("Email/set", json!({"update": {reply.email.to_string(): {"keywords/$seen": true}}})).await;
    assert_eq!(changes().await, json!([[], [], []]));
    node.one("Email/set", json!({"destroy": [first.email]})).await;
    assert_eq!(changes().await, json!([[], [thread], []]));
    node.one("Email/set", json!({"destroy": [reply.email]})).await;
    assert_eq!(changes().await, json!([[], [], [thread]]));
    let got = node.one("Thread/get", json!({"ids": [thread]})).await;
    assert_eq!((&got["list"], &got["notFound"]), (&json!([]), &json!([thread])));
    let gone: Value = node.one("Email/get", json!({"ids": null})).await["list"].clone();
    assert_eq!(gone, json!([]));
}
