//! The integration tests: one binary, one PostgreSQL cluster for all of it, a database for each test.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should stop where it stands"
)]
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "tests are named after what they show, and nobody imports them"
)]

mod anchor_commands;
mod back_pressure;
mod balance;
mod bench_tools;
mod changes_model;
mod codes;
mod command_line;
mod delivery;
mod demo;
mod documents;
mod evidence;
mod explain;
mod explain_command;
mod fetch;
mod floors;
mod fuzzing;
mod generate;
mod generated_signers;
mod hostile;
mod hostile_mail;
mod http;
mod import;
mod in_the_field;
mod inbound;
mod jmap_email;
mod jmap_mailbox;
mod languages;
mod lmtp;
mod mail;
mod metrics;
mod pkits;
mod provision;
mod query;
mod relay;
mod reverification;
mod rfc2033;
mod rfc8620;
mod rfc8621;
mod rfc8887;
mod rfc9007;
mod rfc9219;
mod rfc9404;
mod rfc9425;
mod rfcs;
mod smime_chain;
mod smime_delivery;
mod smime_facts;
mod smime_signers;
mod statement_names;
mod statements;
mod submission;
mod support;
mod text_search;
mod trust;
mod two_nodes;
mod upkeep;
mod uploads;
mod verify;
mod weak_algorithms;
