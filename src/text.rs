//! Words for text search (RFC 8621 §4.4.1): one way to cut text into words, for the index and for the query alike.
