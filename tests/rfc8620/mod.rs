//! What RFC 8620 demands and a client can observe, section by section: a file for each, named after it.
