//! What RFC 8620 demands and a client can observe, section by section.

mod s5_5_query;
mod s5_6_query_changes;
