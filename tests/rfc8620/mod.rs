//! What RFC 8620 demands and a client can observe, section by section: a file for each, named after it.

mod s7_2_push_subscription;
mod s7_3_event_source;
