//! What RFC 8621 demands and a client can observe, section by section: a file for each, named after it.

mod s6_identities;
mod s7_delivery;
mod s7_submissions;
mod s8_vacation;
