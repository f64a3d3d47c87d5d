//! The words of a message's bodies, for previews and search.

use super::body_value::BodyValue;
use super::door::Message;
use super::html;
use super::structure::{BodyPart, Structure};

/// A preview has no more characters than this (RFC 8621 §4.1.4).
const MAX_PREVIEW: usize = 256;

/// How much of a text part a preview reads, in octets.
const MAX_PREVIEW_SOURCE: usize = 64 * 1024;

/// Messages inside of messages are read to this depth.
const MAX_NESTED_DEPTH: usize = 5;

/// The beginning of what the message says (RFC 8621 §4.1.4, preview): from the parts that are shown as its text,
/// quoted lines left out unless there are no others, white space collapsed.
pub(crate) fn preview(message: &Message<'_>, structure: &Structure) -> String {
    let mut quoted = String::new();
    for part in structure.body_lists().text_body.into_iter().filter(|part| part.is_text()) {
        let text = part_text(message.raw(), part, MAX_PREVIEW_SOURCE);
        let own = collapsed(text.lines().filter(|line| !line.starts_with('>')), MAX_PREVIEW);
        if !own.is_empty() {
            return own;
        }
        if quoted.is_empty() {
            quoted = collapsed(text.lines(), MAX_PREVIEW);
        }
    }
    quoted
}

/// The text of all text parts, attached ones and those of messages inside of the message included, up to about `limit` octets.
pub(crate) fn searchable(message: &Message<'_>, structure: &Structure, limit: usize) -> String {
    let mut text = String::new();
    collect(message, structure, limit, MAX_NESTED_DEPTH, &mut text);
    text.truncate(text.floor_char_boundary(limit));
    text
}

fn collect(message: &Message<'_>, structure: &Structure, limit: usize, depth: usize, text: &mut String) {
    for part in structure.parts() {
        let left = limit.saturating_sub(text.len());
        if left == 0 {
            return;
        }
        if part.is_text() {
            text.push_str(&part_text(message.raw(), part, left));
            text.push('\n');
        } else if depth > 0 && ["message/rfc822", "message/global"].contains(&part.media_type.as_str()) {
            collect_nested(message.raw(), part, limit, depth - 1, text);
        }
    }
}

fn collect_nested(raw: &[u8], part: &BodyPart, limit: usize, depth: usize, text: &mut String) {
    let octets = part.section.and_then(|section| section.data(raw)).unwrap_or_default();
    let Ok(nested) = Message::parse(&octets) else { return };
    for name in ["Subject", "From", "To"] {
        if let Some(field) = nested.headers().last(name) {
            text.push_str(&super::header_form::text(field));
            text.push('\n');
        }
    }
    collect(&nested, &nested.structure(), limit, depth, text);
}

/// A text part as plain text.
fn part_text(raw: &[u8], part: &BodyPart, limit: usize) -> String {
    let is_html = part.media_type == "text/html";
    // HTML may hold much that is not shown before its first word.
    let value = BodyValue::of(raw, part, if is_html { limit.saturating_mul(8) } else { limit }).value;
    if is_html { html::to_text(&value, limit) } else { value }
}

/// The words of the lines, one space between each two, up to `limit` characters.
fn collapsed<'a>(lines: impl Iterator<Item = &'a str>, limit: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    for word in lines.flat_map(|line| line.split(is_gap)).filter(|word| !word.is_empty()) {
        if length >= limit {
            break;
        }
        if length > 0 {
            text.push(' ');
            length += 1;
        }
        for c in word.chars().take(limit - length) {
            text.push(c);
            length += 1;
        }
    }
    text.truncate(text.trim_end().len());
    text
}
