//! What RFC 8621 demands and a client can observe, section by section.

mod s2_mailboxes;
mod s3_threads;
mod s4_4_query;
mod s4_5_query_changes;
mod s5_search_snippets;
