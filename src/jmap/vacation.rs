//! VacationResponse (RFC 8621 §8): one object in each account.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::get::{Fetched, Get, GetRequest, Wanted, object_of, select};
use super::set::{Records, Set, SetOutcome, SetRequest};
use super::{Context, RecordType};
use crate::store::vacation::{self, VacationResponse};
use crate::store::{AccountWriter, DataType, Store, StoreError, change};
use crate::wire::capability::Capability;
use crate::wire::date::{parse_utc_date, utc_date};
use crate::wire::envelope::Arguments;
use crate::wire::errors::{MethodError, SetError};
use crate::wire::ids::SingletonId;
use crate::wire::patch::PatchObject;
use crate::wire::references::CreatedIds;
use crate::wire::state::State;

/// The properties in the order of RFC 8621 §8.
const DEFINITION: &[&str] = &["isEnabled", "fromDate", "toDate", "subject", "textBody", "htmlBody"];

/// Octets of a subject at most.
const MAX_SUBJECT: usize = 1000;
/// Octets of a body at most.
const MAX_BODY: usize = 256 * 1024;

/// The vacation responses of all accounts.
pub struct VacationResponses {
    store: Store,
}

impl VacationResponses {
    /// Vacation responses that are kept in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl RecordType for VacationResponses {
    type Id = SingletonId;
    const NAME: &'static str = "VacationResponse";
    const CAPABILITY: Capability = Capability::VacationResponse;
}

impl Get for VacationResponses {
    type Properties = Vec<&'static str>;
    type Extra = ();

    fn properties(
        &self,
        _: &Context,
        requested: Option<Vec<String>>,
        (): &(),
    ) -> Result<Self::Properties, MethodError> {
        select(DEFINITION, requested)
    }

    async fn fetch(
        &self,
        _: &Context,
        request: GetRequest<'_, Self>,
    ) -> Result<Fetched<SingletonId>, MethodError> {
        let account = request.account;
        let (state, response) = self
            .store
            .snapshot("vacation/get", async |transaction| {
                let state = change::state(transaction, account, DataType::VacationResponse).await?;
                Ok((State(state), vacation::read(transaction, account).await?))
            })
            .await?;
        let is_wanted = match request.ids {
            Wanted::Ids(ids) => !ids.is_empty(),
            Wanted::All { .. } => true,
        };
        let object = object_of(request.properties, |name| property(&response, name));
        Ok(Fetched { state, list: if is_wanted { vec![(SingletonId, object)] } else { Vec::new() } })
    }
}

impl Set for VacationResponses {
    type Extra = ();

    async fn set(
        &self,
        _: &Context,
        request: &SetRequest<Self>,
    ) -> Result<SetOutcome<SingletonId>, MethodError> {
        self.store
            .write("vacation/set", request.account, async |writer| {
                let response = vacation::read(writer.transaction(), writer.account()).await?;
                request.apply(&mut VacationRecords { writer, response }).await
            })
            .await?
    }
}

/// The one object inside of the transaction of a VacationResponse/set (RFC 8621 §8.2).
struct VacationRecords<'w, 't> {
    writer: &'w mut AccountWriter<'t>,
    response: VacationResponse,
}

impl Records for VacationRecords<'_, '_> {
    type Id = SingletonId;
    type Fault = StoreError;

    const IS_SINGLETON: bool = true;

    async fn old_state(&mut self) -> Result<State, StoreError> {
        let (transaction, account) = (self.writer.transaction(), self.writer.account());
        change::state(transaction, account, DataType::VacationResponse).await.map(State)
    }

    async fn create(
        &mut self,
        _: Arguments,
        _: &CreatedIds,
    ) -> Result<Result<(SingletonId, Arguments), SetError>, StoreError> {
        Ok(Err(SetError::Singleton))
    }

    async fn update(
        &mut self,
        _: SingletonId,
        patch: &PatchObject,
        _: &CreatedIds,
    ) -> Result<Result<Option<Arguments>, SetError>, StoreError> {
        let names = DEFINITION.iter();
        let mut before: Arguments =
            names.map(|name| ((*name).to_owned(), property(&self.response, name))).collect();
        before.insert("id".to_owned(), json!("singleton"));
        let default = |name: &str| (name != "isEnabled").then_some(Value::Null);
        let response = match patch.apply(&before, default).and_then(|after| parse(&after)) {
            Ok(response) => response,
            Err(error) => return Ok(Err(error)),
        };
        if response != self.response {
            vacation::write(self.writer, &response).await?;
            self.response = response;
        }
        Ok(Ok(None))
    }

    async fn destroy(&mut self, _: SingletonId) -> Result<Result<(), SetError>, StoreError> {
        Ok(Err(SetError::Singleton))
    }

    async fn new_state(&mut self) -> Result<State, StoreError> {
        self.writer.new_state(DataType::VacationResponse).await.map(State)
    }
}

fn property(response: &VacationResponse, name: &str) -> Value {
    match name {
        "isEnabled" => json!(response.is_enabled),
        "fromDate" => json!(response.from_date.map(utc_date)),
        "toDate" => json!(response.to_date.map(utc_date)),
        "subject" => json!(response.subject),
        "textBody" => json!(response.text_body),
        "htmlBody" => json!(response.html_body),
        _ => Value::Null,
    }
}

/// Reads a whole object.
fn parse(object: &Arguments) -> Result<VacationResponse, SetError> {
    let is_known = |name: &str, value: &Value| {
        DEFINITION.contains(&name) || (name == "id" && value.as_str() == Some("singleton"))
    };
    if let Some((unknown, _)) = object.iter().find(|(name, value)| !is_known(name, value)) {
        return Err(SetError::invalid_property(unknown, "immutable, or unknown"));
    }
    let is_enabled = object.get("isEnabled").and_then(Value::as_bool);
    Ok(VacationResponse {
        is_enabled: is_enabled.ok_or_else(|| SetError::invalid_property("isEnabled", "must be a Boolean"))?,
        from_date: date(object, "fromDate")?,
        to_date: date(object, "toDate")?,
        subject: text(object, "subject", MAX_SUBJECT)?,
        text_body: text(object, "textBody", MAX_BODY)?,
        html_body: text(object, "htmlBody", MAX_BODY)?,
    })
}

fn date(object: &Arguments, name: &str) -> Result<Option<DateTime<Utc>>, SetError> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let date = value.as_str().and_then(parse_utc_date);
            date.map(Some).ok_or_else(|| SetError::invalid_property(name, "must be a UTCDate or null"))
        }
    }
}

fn text(object: &Arguments, name: &str, max: usize) -> Result<Option<String>, SetError> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > max => {
            Err(SetError::invalid_property(name, format_args!("is longer than {max} octets")))
        }
        Some(Value::String(text)) if text.contains('\0') => {
            Err(SetError::invalid_property(name, "must not contain U+0000"))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(SetError::invalid_property(name, "must be a String or null")),
    }
}
