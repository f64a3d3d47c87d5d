//! What RFC 8620 demands and a client can observe, section by section.

mod s5_5_query;
mod s5_6_query_changes;
mod s7_2_push_subscription;
mod s7_2_pushes;
mod s7_3_event_source;
