//! What RFC 8621 demands and a client can observe, section by section: a file for each, named after it.

mod s2_5_mailbox_set;
mod s2_mailboxes;
mod s3_threads;
mod s4_1_bodies;
mod s4_1_headers;
mod s4_1_metadata;
mod s4_2_get;
mod s4_4_query;
