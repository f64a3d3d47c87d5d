//! Filter tree, sort and window into one SQL statement with numbered parameters. The only room that assembles SQL.
