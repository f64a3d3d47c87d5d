//! A message that the database will not let go does not stay in the outbox for ever.

use std::time::Duration;

use crate::support::Office;
use crate::support::office::{BOB, from_ann};

const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// What makes every note of an attempt fail, until so many were tried.
fn broken(times: u32) -> String {
    format!(
        "CREATE SEQUENCE tries;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'no'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON outgoing_recipient FOR EACH ROW EXECUTE FUNCTION refuse();"
    )
}

async fn waiting(office: &Office) -> i64 {
    office.database.client().query_one("SELECT count(*) FROM outgoing", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_message_whose_bytes_are_lost_comes_back_at_once() {
    let office = Office::new().await;
    office.send(&from_ann("Subject: Lost"), &[BOB]).await;
    let lose = "UPDATE outgoing SET blob_hash = sha256('lost')";
    office.database.client().batch_execute(lose).await.unwrap();
    office.work().await;
    assert_eq!(waiting(&office).await, 0);
    let subjects = office.inbox(office.ann).await;
    assert_eq!(subjects.len(), 1, "{subjects:?}");
}

#[tokio::test]
async fn a_fault_of_one_message_puts_it_off_and_its_end_is_told() {
    let office = Office::open(None, |options| options.max_age = MAX_AGE).await;
    // It fails until the message is too old, and once more then.
    office.database.client().batch_execute(&broken(4)).await.unwrap();
    office.send(&from_ann("Subject: Late"), &[BOB]).await;
    office.work().await;
    assert_eq!(waiting(&office).await, 1);
    let attempts: i32 =
        office.database.client().query_one("SELECT attempts FROM outgoing", &[]).await.unwrap().get(0);
    assert_eq!(attempts, 1);
    for _ in 0..2 {
        office.wait(6 * 60 * 60);
        office.work().await;
    }
    assert_eq!(waiting(&office).await, 1);
    office.wait(13 * 60 * 60);
    office.work().await;
    assert_eq!(waiting(&office).await, 0);
    // Bob has it, since only the note of that failed; Ann is told that the server lost track of it.
    assert_eq!(office.inbox(office.ann).await.len(), 1);
}

#[tokio::test]
async fn a_message_that_cannot_even_be_given_up_is_dropped() {
    let office = Office::open(None, |options| options.max_age = MAX_AGE).await;
    office.database.client().batch_execute(&broken(1_000)).await.unwrap();
    office.send(&from_ann("Subject: Stuck"), &[BOB]).await;
    office.work().await;
    office.wait(25 * 60 * 60);
    office.work().await;
    assert_eq!(waiting(&office).await, 0);
    assert_eq!(office.inbox(office.ann).await.len(), 0);
}
