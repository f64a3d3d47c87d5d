//! Whether the database serves this program, asked over a connection of its own: a node whose pool is busy is ready all the
//! same, and a balancer that took it out would only make the others busier.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_postgres::Client;

use super::pool::Connector;
use super::schema::{self, SchemaError};
use super::{Store, StoreError};

/// How long an answer may take. Balancers do not wait much longer.
const LONGEST: Duration = Duration::from_secs(3);

/// Asks for the schema again and again. The connection is made at the first question, and anew after one that failed.
pub struct Probe {
    connector: Connector,
    runtime: Handle,
    client: Mutex<Option<Client>>,
}

impl Probe {
    /// A probe of the database of `store`. Its connection lives on the runtime that this is called on.
    pub fn new(store: &Store) -> Self {
        Self { connector: store.connector().clone(), runtime: Handle::current(), client: Mutex::default() }
    }

    /// Whether the database answers, and is at exactly the version of this program. Whoever asks meanwhile waits.
    pub async fn check(&self) -> Result<(), SchemaError> {
        let asked = tokio::time::timeout(LONGEST, async {
            let mut kept = self.client.lock().await;
            let client = match kept.take().filter(|client| !client.is_closed()) {
                Some(client) => client,
                None => self.connect().await?,
            };
            // What fails is not kept, nor what takes too long.
            let found = schema::version(&client).await?;
            *kept = Some(client);
            schema::judge(found)
        });
        asked.await.unwrap_or_else(|_| {
            let late = format!("no answer within {} seconds", LONGEST.as_secs());
            Err(SchemaError::Store(StoreError::NoConnection(late)))
        })
    }

    async fn connect(&self) -> Result<Client, StoreError> {
        let (connector, runtime) = (self.connector.clone(), self.runtime.clone());
        let connecting = self.runtime.spawn(async move {
            let (client, connection) = connector.connect().await?;
            runtime.spawn(connection);
            Ok(client)
        });
        connecting.await.unwrap_or_else(|_| Err(StoreError::NoConnection("the node is stopping".to_owned())))
    }
}
