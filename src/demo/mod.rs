//! The demonstration: a private PostgreSQL cluster, a demonstration PKI, and a mailbox of messages in every state.

pub mod cluster;
