//! Compiled queries against an evaluator that is written from the RFC and knows no SQL.

mod mailboxes;
mod mails;
mod naive;
mod random;

use std::cell::Cell;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use signet::query::email::{EmailQuery, EmailQueryChanges, compile, compile_changes};
use signet::query::{Since, Statement, Window};
use signet::text::{Document, Field, Pattern, Search, TextQuery, highlights, patterns};
use signet::wire::email_filter::{EmailCondition, EmailSort};
use signet::wire::filter::Filter;
use signet::wire::ids::AccountId;
use tokio_postgres::Client;

use crate::support::TestDatabase;

/// The arguments of one Email/query.
#[derive(Clone, Debug)]
struct Case {
    account: usize,
    filter: Option<Filter<EmailCondition>>,
    sort: Vec<EmailSort>,
    window: Window,
    limit: Option<u64>,
    collapse_threads: bool,
    calculate_total: bool,
}

/// What a query gives; no position means that the anchor is not in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    ids: Vec<i64>,
    position: Option<i64>,
    total: Option<i64>,
}

/// Reproducible: the same mailboxes and the same queries each time. A failure shrinks to a small query.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

async fn answer(client: &Client, statement: &Statement) -> Result<Answer, TestCaseError> {
    match client.query_one(&statement.sql, &statement.parameters()).await {
        Ok(row) => Ok(Answer { ids: row.get("ids"), position: row.get("position"), total: row.get("total") }),
        Err(error) => Err(TestCaseError::fail(format!("{error:?}\n{statement:?}"))),
    }
}

#[test]
fn queries_give_what_the_rfc_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = runner(5000);
    let accounts = random::accounts(&mut runner);
    let database = runtime.block_on(async {
        let database = TestDatabase::new().await;
        mails::insert(database.client(), &accounts).await;
        database
    });
    let (found, read) = (Cell::new(0), [const { Cell::new(0_u32) }; OTHERWISE.len()]);
    let count = |index: usize| read[index].set(read[index].get() + 1);
    let result = runner.run(&random::case(), |case| {
        let query = EmailQuery {
            account: AccountId(mails::account_id(case.account)),
            filter: case.filter.as_ref(),
            sort: &case.sort,
            window: case.window,
            limit: case.limit,
            collapse_threads: case.collapse_threads,
            calculate_total: case.calculate_total,
        };
        let statement = compile(&query);
        let answer = runtime.block_on(answer(database.client(), &statement))?;
        let expected = naive::answer(&accounts[case.account], &case);
        proptest::prop_assert_eq!(&answer, &expected, "{}", statement.sql);
        let (compiled, mut statement) = (statement.sql.clone(), statement);
        for (index, other) in OTHERWISE.into_iter().enumerate() {
            let sql = otherwise(&compiled, other);
            if sql != compiled {
                count(index);
                statement = Statement { sql, ..statement };
                let answer = runtime.block_on(self::answer(database.client(), &statement))?;
                proptest::prop_assert_eq!(&answer, &expected, "{}", statement.sql);
            }
        }
        found.set(found.get() + u32::from(!answer.ids.is_empty()));
        runtime.block_on(compare_changes(database.client(), &accounts[case.account], &case))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // The cases mean something only if many of them find something.
    assert!(read.iter().all(|read| read.get() > 150), "only {read:?} lists were read otherwise");
    assert!(found.get() > 1500, "only {} lists had rows", found.get());
    runtime.block_on(async move { drop(database) });
}

/// Other ideas of what is frequent, few and near. In mailboxes as small as these words are frequent, few emails have them,
/// and whoever walks meets all. Words that are rare, or in many emails, must give the same, and so must a walk that ends so soon
/// that the list must be gathered.
const OTHERWISE: [&[(&str, &str)]; 3] = [
    &[("FROM sample) >= 3", "FROM sample) >= 100")],
    &[("FROM sample) >= 3", "FROM sample) >= 100"), ("FROM few) > 2000", "FROM few) > 5")],
    &[
        ("LIMIT 100 * (", "LIMIT 1 * ("),
        ("LIMIT 20 * (", "LIMIT 1 * ("),
        (") + 1000)", ") + 3)"),
        ("> 2 * (", "> 0 * ("),
    ],
];

fn otherwise(sql: &str, other: &[(&str, &str)]) -> String {
    other.iter().fold(sql.to_owned(), |sql, (from, to)| sql.replace(from, to))
}

/// What a client that knew nothing is told to add has the places of the whole list, all that is new is told, and so is
/// all that was taken out and is there.
async fn compare_changes(client: &Client, mails: &[mails::Mail], case: &Case) -> Result<(), TestCaseError> {
    let statement = compile_changes(&EmailQueryChanges {
        account: AccountId(mails::account_id(case.account)),
        filter: case.filter.as_ref(),
        sort: &case.sort,
        collapse_threads: case.collapse_threads,
        since: Since { data_type: mails::EMAIL, state: 0, max_changes: 10_000 },
        thread_data_type: mails::THREAD,
        up_to: None,
        calculate_total: true,
    });
    let whole = Case { window: Window::Position(0), limit: None, calculate_total: true, ..case.clone() };
    let list = naive::answer(mails, &whole);
    for sql in [statement.sql.clone(), otherwise(&statement.sql, OTHERWISE[1])] {
        let row = client.query_one(&sql, &statement.parameters()).await;
        let row = row.map_err(|error| TestCaseError::fail(format!("{error:?}\n{sql}")))?;
        let (removed, added): (Vec<i64>, Vec<i64>) = (row.get("removed"), row.get("added"));
        proptest::prop_assert_eq!(row.get::<_, Option<i64>>("total"), list.total, "{}", sql);
        let pairs: Vec<(i64, i64)> = added.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        proptest::prop_assert!(pairs.is_sorted_by_key(|(_, index)| *index), "{}", sql);
        for (id, index) in &pairs {
            proptest::prop_assert_eq!(list.ids.get(*index as usize), Some(id), "{}", sql);
        }
        for id in &list.ids {
            let is_told = pairs.iter().any(|(told, _)| told == id);
            proptest::prop_assert!(is_told || !(mails::is_new(*id) || removed.contains(id)), "{id} {sql}");
        }
    }
    Ok(())
}

/// What a search finds is what a snippet marks (RFC 8621 §5), each word and phrase of it.
#[test]
fn what_is_found_can_be_marked_and_nothing_else() {
    let accounts = random::accounts(&mut runner(1));
    let mut found = 0;
    for mail in accounts.iter().flatten() {
        for (condition, field) in [
            (EmailCondition::Subject as fn(String) -> _, &mail.document.subject),
            (EmailCondition::Body, &mail.document.body),
        ] {
            for text in random::TEXTS.iter().filter(|text| !patterns(text).is_empty()) {
                let filter = Filter::Condition(vec![condition((*text).to_owned())]);
                let is_found = naive::is_match(std::slice::from_ref(mail), mail, &filter);
                let is_marked =
                    |pattern: &Pattern| !highlights(field, std::slice::from_ref(pattern)).is_empty();
                assert_eq!(patterns(text).iter().all(is_marked), is_found, "{text:?} in {field:?}");
                found += u32::from(is_found);
            }
        }
    }
    assert!(found > 500, "only {found} texts were found");
}

#[tokio::test]
async fn hostile_texts_make_valid_words_and_queries() {
    let database = TestDatabase::new().await;
    let hostile = [
        "' & | ! <-> ( ) : * \\ \" \0 '",
        "'':*A,1B \\' \\\\' a'b\\c <5> !x | (y",
        "a\u{0}b 'unclosed \"also",
        "ﷺ \u{202E}\u{FEFF} e\u{301}\u{301}\u{301} \u{10FFFF} 𝔘𝔫𝔦 ½ ﬀ",
        "'@' @@ a@ @b a@b@c a.@.b -@- +@+.x ==@==",
        "東京都 ガギグ 'か゚' 𠀀𠀁",
        "'\\\\\\' x",
    ];
    let document = Document {
        from: hostile.concat(),
        to: "x ".repeat(200_000),
        subject: (0..200_000).map(|n| format!("w{n} ")).collect(),
        body: (0..400_000).map(|n| format!("w{n} ")).collect(),
        headers: hostile.iter().map(|text| (String::from(*text), String::from(*text))).collect(),
        ..Document::default()
    };
    let received_at = chrono::DateTime::UNIX_EPOCH;
    let stored = "SELECT search_lexemes($1, $2), length($3::text)";
    let columns = [document.fields(received_at), document.body(), document.headers_text()];
    database.client().query_one(stored, &[&columns[0], &columns[1], &columns[2]]).await.unwrap();
    for text in hostile.into_iter().map(str::to_owned).chain([hostile.concat(), "a ".repeat(5000)]) {
        for field in [Field::Text, Field::From, Field::Body] {
            let TextQuery::Words(searches) = signet::text::query(&text, field) else { continue };
            for Search { tsquery, fields, body, .. } in searches {
                let valid = "SELECT $1::text::tsquery::text, 'x' LIKE ANY ($2::text[]), 'x' LIKE $3";
                database.client().query_one(valid, &[&tsquery, &fields, &body]).await.unwrap();
            }
        }
    }
}
