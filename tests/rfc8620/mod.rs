//! What RFC 8620 demands and a client can observe, section by section: a file for each, named after it.

mod s3_6_errors;
mod s3_7_references;
mod s3_requests;
mod s5_1_get;
mod s5_2_changes;
mod s5_3_set;
mod s5_5_query;
mod s5_6_query_changes;
mod s6_3_blob_copy;
mod s6_binary;
mod s7_2_push_subscription;
mod s7_2_pushes;
mod s7_3_event_source;
