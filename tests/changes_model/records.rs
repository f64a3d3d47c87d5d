//! A copy of all records of a data type, kept by /changes.

use std::collections::BTreeMap;

use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::account::TestAccount;
use super::{Checked, Told};

pub(super) struct Copy {
    data_type: &'static str,
    properties: Value,
    state: String,
    objects: BTreeMap<String, Value>,
}

impl Copy {
    pub(super) async fn of_all(account: &TestAccount<'_>) -> [Self; 3] {
        [
            Self::of_emails(account).await,
            Self::new(account, "Thread", json!(["emailIds"])).await,
            Self::new(account, "Mailbox", Value::Null).await,
        ]
    }

    /// A copy of the emails for a client that comes back now and then.
    pub(super) async fn of_emails(account: &TestAccount<'_>) -> Self {
        Self::new(account, "Email", json!(["mailboxIds", "keywords", "threadId"])).await
    }

    async fn new(account: &TestAccount<'_>, data_type: &'static str, properties: Value) -> Self {
        let mut copy = Self { data_type, properties, state: String::new(), objects: BTreeMap::new() };
        (copy.state, copy.objects) = copy.truth(account).await;
        copy
    }

    /// The ids that the client knows, oldest record first.
    pub(super) fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.objects.keys().cloned().collect();
        ids.sort_by_key(|id| (id.len(), id.clone()));
        ids
    }

    /// One record after the other.
    pub(super) fn nth(&self, at: usize) -> &Value {
        self.objects.values().nth(at % self.objects.len()).unwrap()
    }

    /// Everything as /get tells it now.
    async fn truth(&self, account: &TestAccount<'_>) -> (String, BTreeMap<String, Value>) {
        let arguments = json!({"ids": null, "properties": self.properties});
        let got = account.one(&format!("{}/get", self.data_type), arguments).await;
        let objects = got["list"].as_array().unwrap().iter();
        let objects =
            objects.map(|object| (object["id"].as_str().unwrap().to_owned(), object.clone())).collect();
        (got["state"].as_str().unwrap().to_owned(), objects)
    }

    /// Follows /changes to the end, in small pages, and compares with the truth.
    /// Where the server has forgotten changes, everything is read anew.
    pub(super) async fn follow(&mut self, account: &TestAccount<'_>, at: usize, told: &mut Told) -> Checked {
        let max_changes = 1 + at % 7;
        loop {
            let arguments = json!({"sinceState": self.state, "maxChanges": max_changes});
            let changes = account.one(&format!("{}/changes", self.data_type), arguments).await;
            if account.has_forgotten(&changes) {
                told.forgotten += 1;
                (self.state, self.objects) = self.truth(account).await;
                return Ok(());
            }
            let ids = |name: &str| changes[name].as_array().cloned().unwrap_or_default();
            let told = ids("created").len() + ids("updated").len() + ids("destroyed").len();
            proptest::prop_assert!(told <= max_changes && changes["newState"].is_string(), "{}", changes);
            self.take_over(account, [ids("created"), ids("updated")].concat(), &ids("destroyed")).await;
            self.state = changes["newState"].as_str().unwrap().to_owned();
            if changes["hasMoreChanges"] == false {
                break;
            }
        }
        let (state, objects) = self.truth(account).await;
        if (&state, &objects) != (&self.state, &self.objects) {
            let problem = format!(
                "{} after step {at}: the copy is\n{} {:?}\nand the truth is\n{state} {objects:?}",
                self.data_type, self.state, self.objects
            );
            return Err(TestCaseError::fail(problem));
        }
        Ok(())
    }

    async fn take_over(&mut self, account: &TestAccount<'_>, touched: Vec<Value>, destroyed: &[Value]) {
        let mut gone = destroyed.to_vec();
        if !touched.is_empty() {
            let arguments = json!({"ids": touched, "properties": self.properties});
            let got = account.one(&format!("{}/get", self.data_type), arguments).await;
            for object in got["list"].as_array().unwrap() {
                self.objects.insert(object["id"].as_str().unwrap().to_owned(), object.clone());
            }
            // What a later page will tell as destroyed is gone already.
            gone.extend(got["notFound"].as_array().unwrap().iter().cloned());
        }
        for id in &gone {
            self.objects.remove(id.as_str().unwrap());
        }
    }
}
