//! A data type in memory, for the tests of the frames: the Todo of RFC 8620 §5.7.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::arguments::{ArgumentReader, FromArguments};
use super::changes::{ChangeSet, Changes};
use super::copy::{CopyOutcome, CopyRecords, CopyRequest};
use super::get::{Fetched, Get, GetRequest, Wanted, select};
use super::query::{Queried, Query, QueryRequest};
use super::query_changes::{QueryChanged, QueryChanges, QueryChangesRequest};
use super::set::{Records, Set, SetOutcome, SetRequest};
use super::{Context, Engine, RecordType};
use crate::clock::Clock;
use crate::locale::Language;
use crate::wire::capability::{Capability, CoreLimits};
use crate::wire::envelope::{Arguments, Request, Response};
use crate::wire::errors::{MethodError, RequestError, SetError};
use crate::wire::ids::{AccountId, RecordId};
use crate::wire::patch::PatchObject;
use crate::wire::references::CreatedIds;
use crate::wire::session::{Account, Principal};
use crate::wire::state::State;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TodoId(pub(super) i64);

impl RecordId for TodoId {
    fn parse(text: &str) -> Option<Self> {
        text.strip_prefix('d')?.parse().ok().map(Self)
    }
}

impl fmt::Display for TodoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}", self.0)
    }
}

#[derive(Default)]
pub(super) struct Todos {
    pub(super) table: Mutex<Table>,
}

#[derive(Clone, Default)]
pub(super) struct Table {
    rows: BTreeMap<i64, Arguments>,
    /// The id and whether it was created (`c`), updated (`u`) or destroyed (`d`), by state from 1.
    log: Vec<(i64, char)>,
    next_id: i64,
}

/// `panic: true` makes Todo/get fail in the hard way.
pub(super) struct Extra {
    panics: bool,
}

impl FromArguments for Extra {
    fn read(arguments: &mut ArgumentReader) -> Result<Self, MethodError> {
        Ok(Self { panics: arguments.or_default("panic", false)? })
    }
}

const PROPERTIES: &[&str] = &["title", "keywords", "subTodoIds"];

impl RecordType for Todos {
    type Id = TodoId;
    const NAME: &'static str = "Todo";
    const CAPABILITY: Capability = Capability::Mail;
}

impl Get for Todos {
    type Properties = Vec<&'static str>;
    type Extra = Extra;

    fn properties(
        &self,
        _: &Context,
        requested: Option<Vec<String>>,
        _: &Extra,
    ) -> Result<Self::Properties, MethodError> {
        select(PROPERTIES, requested)
    }

    async fn fetch(
        &self,
        _: &Context,
        request: GetRequest<'_, Self>,
    ) -> Result<Fetched<TodoId>, MethodError> {
        assert!(!request.extra.panics, "as asked");
        let table = self.table.lock().unwrap();
        let is_wanted = |id: &i64| match request.ids {
            Wanted::Ids(ids) => ids.contains(&TodoId(*id)),
            Wanted::All { .. } => true,
        };
        let rows = table.rows.iter().filter(|(id, _)| is_wanted(id));
        let list = rows.map(|(id, row)| {
            let of = |name: &&str| ((*name).to_owned(), row.get(*name).cloned().unwrap_or_default());
            (TodoId(*id), request.properties.iter().map(of).collect())
        });
        Ok(Fetched { state: State(table.log.len() as i64), list: list.collect() })
    }
}

impl Changes for Todos {
    async fn changes(
        &self,
        _: &Context,
        _: AccountId,
        State(since): State,
        max: u64,
    ) -> Result<Option<ChangeSet<TodoId>>, MethodError> {
        let table = self.table.lock().unwrap();
        let all = table.log.iter().skip(since as usize);
        let told: Vec<_> = all.clone().take(max as usize).collect();
        let of = |kind| told.iter().filter(|(_, k)| *k == kind).map(|(id, _)| TodoId(*id)).collect();
        Ok(Some(ChangeSet {
            new_state: State((since + told.len() as i64).min(table.log.len() as i64)),
            has_more: all.count() > told.len(),
            created: of('c'),
            updated: of('u'),
            destroyed: of('d'),
            extra: Arguments::new(),
        }))
    }
}

impl Set for Todos {
    type Extra = ();

    async fn set(&self, _: &Context, request: &SetRequest<Self>) -> Result<SetOutcome<TodoId>, MethodError> {
        let mut table = self.table.lock().unwrap().clone();
        let Ok(outcome) = request.apply(&mut table).await;
        *self.table.lock().unwrap() = table;
        outcome
    }
}

impl Records for Table {
    type Id = TodoId;
    type Fault = Infallible;

    async fn old_state(&mut self) -> Result<State, Infallible> {
        Ok(State(self.log.len() as i64))
    }

    async fn create(
        &mut self,
        mut object: Arguments,
        created_ids: &CreatedIds,
    ) -> Result<Result<(TodoId, Arguments), SetError>, Infallible> {
        if !object.get("title").is_some_and(Value::is_string) {
            return Ok(Err(SetError::invalid_property("title", "a string is needed")));
        }
        if let Err(error) = resolve_sub_todos(&mut object, created_ids) {
            return Ok(Err(error));
        }
        self.next_id += 1;
        let mut told = Arguments::new();
        if !object.contains_key("keywords") {
            told.insert("keywords".to_owned(), json!({}));
        }
        object.extend(told.clone());
        self.rows.insert(self.next_id, object);
        self.log.push((self.next_id, 'c'));
        Ok(Ok((TodoId(self.next_id), told)))
    }

    async fn update(
        &mut self,
        TodoId(id): TodoId,
        patch: &PatchObject,
        created_ids: &CreatedIds,
    ) -> Result<Result<Option<Arguments>, SetError>, Infallible> {
        let Some(row) = self.rows.get_mut(&id) else { return Ok(Err(SetError::NotFound)) };
        let patched = patch
            .apply(row, |name| (name == "keywords").then(|| json!({})))
            .and_then(|mut object| resolve_sub_todos(&mut object, created_ids).map(|()| object));
        Ok(patched.map(|object| {
            *row = object;
            self.log.push((id, 'u'));
            None
        }))
    }

    async fn destroy(&mut self, TodoId(id): TodoId) -> Result<Result<(), SetError>, Infallible> {
        if self.rows.remove(&id).is_none() {
            return Ok(Err(SetError::NotFound));
        }
        self.log.push((id, 'd'));
        Ok(Ok(()))
    }

    async fn new_state(&mut self) -> Result<State, Infallible> {
        self.old_state().await
    }
}

fn resolve_sub_todos(object: &mut Arguments, created_ids: &CreatedIds) -> Result<(), SetError> {
    let Some(Value::Array(ids)) = object.get_mut("subTodoIds") else { return Ok(()) };
    for id in ids {
        let found = id.as_str().and_then(|id| created_ids.resolve(id)).map(str::to_owned);
        *id =
            found.map(Value::String).ok_or_else(|| SetError::invalid_property("subTodoIds", "unknown id"))?;
    }
    Ok(())
}

impl CopyRecords for Todos {
    const SET: &'static str = "Todo/set";

    /// All accounts share the one table, so a copy is a new row beside its original.
    async fn copy(
        &self,
        _: &Context,
        request: CopyRequest<TodoId>,
    ) -> Result<CopyOutcome<TodoId>, MethodError> {
        let mut table = self.table.lock().unwrap();
        let old_state = State(table.log.len() as i64);
        for wanted in [&request.if_from_in_state, &request.if_in_state].into_iter().flatten() {
            if *wanted != old_state.to_string() {
                return Err(MethodError::StateMismatch);
            }
        }
        let (mut created, mut not_created) = (Vec::new(), Vec::new());
        for original in request.create {
            let Some(mut row) = table.rows.get(&original.id.0).cloned() else {
                not_created.push((original.creation_id, SetError::NotFound));
                continue;
            };
            row.extend(original.properties);
            table.next_id += 1;
            let id = table.next_id;
            table.rows.insert(id, row);
            table.log.push((id, 'c'));
            created.push((original.creation_id, TodoId(id), Arguments::new()));
        }
        Ok(CopyOutcome { old_state, new_state: State(table.log.len() as i64), created, not_created })
    }
}

impl Query for Todos {
    type Filter = ();
    type Sort = ();
    type Extra = ();

    fn filter(&self, _: &Context, filter: Option<Value>) -> Result<(), MethodError> {
        filter.map_or(Ok(()), |_| Err(MethodError::UnsupportedFilter("none at all".to_owned())))
    }

    fn sort(&self, _: &Context, sort: Option<Value>) -> Result<(), MethodError> {
        sort.map_or(Ok(()), |_| Err(MethodError::UnsupportedSort("none at all".to_owned())))
    }

    async fn query(&self, _: &Context, request: &QueryRequest<Self>) -> Result<Queried<TodoId>, MethodError> {
        let table = self.table.lock().unwrap();
        let total = table.rows.len() as u64;
        let anchor = match request.start {
            super::query::Start::Anchor(TodoId(anchor), _) => {
                table.rows.keys().position(|id| *id == anchor).map(|index| index as u64)
            }
            super::query::Start::Position(_) => None,
        };
        let position = request.start.resolve(total, anchor)?;
        let window = table.rows.keys().skip(position as usize).take(request.limit as usize);
        Ok(Queried {
            query_state: State(table.log.len() as i64),
            can_calculate_changes: true,
            position,
            ids: window.copied().map(TodoId).collect(),
            total: Some(total),
        })
    }
}

impl QueryChanges for Todos {
    async fn query_changes(
        &self,
        _: &Context,
        request: &QueryChangesRequest<Self>,
    ) -> Result<QueryChanged<TodoId>, MethodError> {
        let table = self.table.lock().unwrap();
        let new = table.log.len() as i64;
        if request.since.0 > new {
            return Err(MethodError::CannotCalculateChanges);
        }
        let log = &table.log[request.since.0 as usize..];
        let removed = log.iter().filter(|(_, kind)| *kind != 'c').map(|(id, _)| TodoId(*id));
        let is_touched = |id: &i64| log.iter().any(|(touched, _)| touched == id);
        let added = table.rows.keys().enumerate().filter(|(_, id)| is_touched(id));
        Ok(QueryChanged {
            new_query_state: State(new),
            removed: removed.collect(),
            added: added.map(|(index, id)| (TodoId(*id), index as u64)).collect(),
            total: Some(table.rows.len() as u64),
        })
    }
}

/// a1 is the user's own, a2 read-only, a3 without mail, a5 another that may be written.
pub(super) fn principal() -> Principal {
    let account = |id, is_read_only, capabilities| Account {
        id: AccountId(id),
        name: format!("account {id}"),
        is_personal: id == 1,
        is_read_only,
        capabilities,
    };
    Principal {
        username: "someone@example.org".to_owned(),
        accounts: vec![
            account(1, false, vec![Capability::Mail]),
            account(2, true, vec![Capability::Mail]),
            account(3, false, vec![]),
            account(5, false, vec![Capability::Mail]),
        ],
    }
}

pub(super) fn context() -> Context {
    Context {
        principal: Arc::new(principal()),
        using: Vec::new(),
        language: Language::English,
        limits: Arc::new(CoreLimits {
            max_calls_in_request: 16,
            max_objects_in_get: 4,
            max_objects_in_set: 8,
            ..CoreLimits::default()
        }),
        clock: Clock::frozen(chrono::DateTime::UNIX_EPOCH),
        deadline: None,
        session_state: "session".to_owned(),
        created_ids: CreatedIds::default(),
    }
}

/// A server with todos d1 to d4 and d6, in state 7.
pub(super) struct Server(Engine);

impl Server {
    pub(super) fn new() -> Self {
        let todos = Arc::new(Todos::default());
        let mut engine = Engine::new();
        engine.add_get(&todos);
        engine.add_changes(&todos);
        engine.add_set(&todos);
        engine.add_copy(&todos);
        engine.add_query(&todos);
        engine.add_query_changes(&todos);
        let mut table = todos.table.lock().unwrap();
        for id in 1..=6 {
            let row = json!({"title": format!("todo {id}"), "keywords": {}});
            table.rows.insert(id, row.as_object().unwrap().clone());
            table.log.push((id, 'c'));
        }
        table.rows.remove(&5);
        table.log.push((5, 'd'));
        table.next_id = 6;
        drop(table);
        Self(engine)
    }

    pub(super) async fn process(&self, request: Value) -> Result<Response, RequestError> {
        self.0.process(context(), Request::parse(request.to_string().as_bytes())?).await
    }

    /// The responses to `calls` as JSON.
    pub(super) async fn calls(&self, calls: Value) -> Value {
        let using: Vec<_> = Capability::ALL.into_iter().map(Capability::uri).collect();
        let response = self.process(json!({"using": using, "methodCalls": calls})).await.unwrap();
        serde_json::to_value(response.method_responses).unwrap()
    }

    /// The response to one call: its name and arguments.
    pub(super) async fn call(&self, method: &str, arguments: Value) -> (String, Value) {
        let responses = self.calls(json!([[method, arguments, "0"]])).await;
        (responses[0][0].as_str().unwrap().to_owned(), responses[0][1].clone())
    }

    /// The type of the error that a call comes to.
    pub(super) async fn error(&self, method: &str, arguments: Value) -> String {
        let (name, response) = self.call(method, arguments).await;
        assert_eq!(name, "error", "{response}");
        response["type"].as_str().unwrap().to_owned()
    }
}
