//! What RFC 8621 demands and a client can observe, section by section: a file for each, named after it.

mod s2_mailboxes;
mod s3_threads;
mod s4_4_query;
mod s4_5_query_changes;
mod s4_6_create;
mod s4_6_round_trip;
mod s4_6_update;
mod s4_7_copy;
mod s4_8_import;
mod s4_9_parse;
mod s5_search_snippets;
