//! A compiled statement and its parameters.

use std::fmt;

use tokio_postgres::types::ToSql;

/// One SQL statement, ready to run as it is. One for a query gives exactly one row of three columns (what one for
/// changes gives is said at [`super::email::compile_changes`]):
///
/// - `ids bigint[]`: the ids of the window, in order;
/// - `position bigint`: the index of the first of them in the whole list; null if the anchor is not in the list
///   (`anchorNotFound`, RFC 8620 §5.5), and then `ids` is empty;
/// - `total bigint`: the length of the whole list; null unless it was asked for.
///
/// Its text depends on the filter, so connections keep the last few of them prepared, and no more.
pub struct Statement {
    /// The text, opening with a comment that names it.
    pub sql: String,
    /// The values of `$1`, `$2`, …
    pub parameters: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Statement {
    /// The parameters as the driver takes them.
    pub fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.parameters.iter().map(|parameter| parameter.as_ref() as &(dyn ToSql + Sync)).collect()
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").field("sql", &self.sql).field("parameters", &self.parameters).finish()
    }
}

/// Collects the parameters while the text is made.
#[derive(Default)]
pub(super) struct Parameters(Vec<Box<dyn ToSql + Sync + Send>>);

impl Parameters {
    /// Adds a value; returns the `$n` that stands for it.
    pub(super) fn add(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.0.push(Box::new(value));
        format!("${}", self.0.len())
    }

    /// The `$n` that the next value will have.
    pub(super) fn upcoming(&self) -> String {
        format!("${}", self.0.len() + 1)
    }

    /// Parameters that the text does not name are left out: PostgreSQL would not know their types. The others are
    /// numbered anew, in the order in which the text names them.
    pub(super) fn into_statement(self, sql: String) -> Statement {
        let mut given: Vec<Option<Box<dyn ToSql + Sync + Send>>> = self.0.into_iter().map(Some).collect();
        let mut numbers = vec![0; given.len()];
        let mut parameters = Vec::new();
        let mut text = String::with_capacity(sql.len());
        let mut rest = sql.as_str();
        while let Some(at) = rest.find('$') {
            let (before, after) = rest.split_at(at + 1);
            let length = after.bytes().take_while(u8::is_ascii_digit).count();
            text.push_str(before);
            if let Ok(number) = after[..length].parse::<usize>() {
                if let Some(value) = given[number - 1].take() {
                    parameters.push(value);
                    numbers[number - 1] = parameters.len();
                }
                text.push_str(&numbers[number - 1].to_string());
            }
            rest = &after[length..];
        }
        text.push_str(rest);
        Statement { sql: text, parameters }
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn only_parameters_that_are_named_are_there() {
        let mut parameters = Parameters::default();
        let [a, _, c] = [1i64, 2, 3].map(|value| parameters.add(value));
        let statement = parameters.into_statement(format!("{c} + {a} + {c} = '$seen' $"));
        assert_eq!(statement.sql, "$1 + $2 + $1 = '$seen' $");
        assert_eq!(format!("{:?}", statement.parameters), "[3, 1]");
    }
}
