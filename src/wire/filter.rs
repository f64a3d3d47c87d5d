//! Filter trees (RFC 8620 §5.5): conditions joined by AND, OR and NOT.

/// A tree of conditions of type `C`.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter<C> {
    /// FilterOperator.
    Operator(Operator, Vec<Filter<C>>),
    /// FilterCondition: all of its properties must hold; with none it always holds.
    Condition(Vec<C>),
}

/// How a FilterOperator joins its conditions (RFC 8620 §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// All must match.
    And,
    /// At least one must match.
    Or,
    /// None may match.
    Not,
}
