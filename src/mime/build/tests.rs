//! What is built is read as what it was built from.

use chrono::{DateTime, FixedOffset};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::{Content, ContentType, Entity, Field, message};
use crate::mime::{
    BodyValue, EmailAddress, EmailAddressGroup, HeaderForm, HeaderProperty, HeaderValue, Message,
};

fn text_part(text: &str) -> Entity {
    Entity {
        content_type: ContentType::new("text/plain"),
        fields: Vec::new(),
        content: Content::Text(text.to_owned()),
    }
}

/// The value of a field that was written into a message and read from it again, which holds this one field, a mark
/// behind it, and the body.
fn reread(name: &str, form: HeaderForm, value: &HeaderValue) -> HeaderValue {
    let field = Field::new(name, form, value).unwrap().unwrap();
    let mark = Field::new("X-Mark", HeaderForm::Raw, &HeaderValue::Text("mark".to_owned())).unwrap().unwrap();
    let raw = message(&[field, mark], text_part("body")).unwrap();
    assert!(raw.split(|&octet| octet == b'\n').all(|line| line.len() <= 999));
    let message = Message::parse(&raw).unwrap();
    let names: Vec<&str> = message.headers().iter().map(|field| field.name()).collect();
    assert_eq!(names, [name, "X-Mark", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]);
    let body = BodyValue::of(&raw, &message.structure().root, 0);
    assert_eq!(body.value, "body");
    HeaderProperty { name: name.to_owned(), form, all: false }.value_of(&message.headers())
}

/// Text without what a header field cannot hold.
fn shown(text: &str) -> String {
    let spaced = text.replace("\r\n", " ").replace(['\t', '\r', '\n'], " ");
    spaced.chars().filter(|c| !c.is_control() && *c != '\u{feff}').collect()
}

fn shown_name(name: &str) -> Option<String> {
    let name: String = shown(name).trim().nfc().collect();
    (!name.is_empty()).then_some(name)
}

/// Texts of all kinds: hostile ones, words of several scripts, specials, blanks.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-zA-Z0-9]{1,12}",
        "[ \t\r\n\"\\\\(),:;<>@\\[\\].=?_-]{1,6}",
        "[äöüéßñ日本語한국어🦀e\u{301}]{1,20}",
        Just("=?utf-8?Q?x?=".to_owned()),
        Just("\r\nBcc: eve@example.net\r\n".to_owned()),
        any::<char>().prop_map(String::from),
        "[a-z]{80,400}",
    ];
    let space = prop_oneof![Just(" "), Just(" "), Just("  "), Just("")];
    proptest::collection::vec((word, space), 0..12)
        .prop_map(|words| words.into_iter().map(|(word, space)| word + space).collect())
}

fn address() -> impl Strategy<Value = EmailAddress> {
    let email = prop_oneof![
        "[a-z0-9.]{1,20}@[a-z]{1,9}\\.example",
        "[a-zé]{1,5}",
        "\"[a-zé]{1,5}",
        "[äö]{1,9}@exämple\\.org"
    ];
    (proptest::option::of(text()), email).prop_map(|(name, email)| EmailAddress { name, email })
}

/// The addresses as they are read: emails that are none may come with quotes, and say the same on the next round.
fn as_read(addresses: &[EmailAddress]) -> Vec<EmailAddress> {
    let quoted = |email: &str| match email.contains('"') {
        true => format!("\"{}\"", email.replace('"', "\\\"")),
        false => email.to_owned(),
    };
    addresses
        .iter()
        .map(|address| EmailAddress {
            name: address.name.as_deref().and_then(shown_name),
            email: quoted(&address.email),
        })
        .collect()
}

proptest! {
    #[test]
    fn text_is_read_as_it_was_written(text in text()) {
        let read = reread("Subject", HeaderForm::Text, &HeaderValue::Text(text.clone()));
        prop_assert_eq!(read, HeaderValue::Text(shown(&text).nfc().collect()));
    }

    #[test]
    fn addresses_are_read_as_they_were_written(addresses in proptest::collection::vec(address(), 1..6)) {
        let read = reread("To", HeaderForm::Addresses, &HeaderValue::Addresses(addresses.clone()));
        prop_assert_eq!(read.clone(), HeaderValue::Addresses(as_read(&addresses)));
        prop_assert_eq!(reread("To", HeaderForm::Addresses, &read), read);
    }

    #[test]
    fn groups_are_read_as_they_were_written(
        groups in proptest::collection::vec((text(), proptest::collection::vec(address(), 0..4)), 1..4)
    ) {
        let plain = |addresses: Vec<EmailAddress>| -> Vec<EmailAddress> {
            addresses.into_iter().filter(|address| !address.email.contains('"')).collect()
        };
        let groups: Vec<_> = groups
            .into_iter()
            .map(|(name, addresses)| EmailAddressGroup { name: Some(name), addresses: plain(addresses) })
            .collect();
        let expected = groups.iter().map(|group| EmailAddressGroup {
            name: Some(group.name.as_deref().and_then(shown_name).unwrap_or_default()),
            addresses: as_read(&group.addresses),
        });
        let expected = HeaderValue::GroupedAddresses(expected.collect());
        let read = reread("Cc", HeaderForm::GroupedAddresses, &HeaderValue::GroupedAddresses(groups));
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn ids_are_read_as_they_were_written(ids in proptest::collection::vec("[!-;=?-~é]{1,100}", 1..20)) {
        let value = HeaderValue::Strings(ids);
        prop_assert_eq!(reread("References", HeaderForm::MessageIds, &value), value.clone());
        prop_assert_eq!(reread("List-Help", HeaderForm::Urls, &value), value);
    }

    #[test]
    fn dates_are_read_as_they_were_written(
        seconds in -62_000_000_000i64..253_000_000_000,
        minutes in -1439i32..1440,
    ) {
        let offset = FixedOffset::east_opt(minutes * 60).unwrap();
        let at = DateTime::from_timestamp(seconds, 0).unwrap().with_timezone(&offset);
        prop_assert_eq!(reread("Date", HeaderForm::Date, &HeaderValue::Date(at)), HeaderValue::Date(at));
    }

    #[test]
    fn bodies_are_read_as_they_were_written(texts in proptest::collection::vec(text(), 1..4), octets: Vec<u8>) {
        let mut parts: Vec<Entity> = texts.iter().map(|text| text_part(text)).collect();
        parts.push(Entity {
            content_type: ContentType::new("application/octet-stream"),
            fields: Vec::new(),
            content: Content::Octets(octets.clone()),
        });
        parts.push(Entity {
            content_type: ContentType::new("text/plain").with("charset", "utf-8"),
            fields: Vec::new(),
            content: Content::Octets(octets.clone()),
        });
        let mixed = |parts| Entity {
            content_type: ContentType::new("multipart/mixed"),
            fields: Vec::new(),
            content: Content::Parts(parts),
        };
        let raw = message(&[], mixed(vec![mixed(parts)])).unwrap();
        prop_assert!(raw.split(|&octet| octet == b'\n').all(|line| line.len() <= 999));
        let message = Message::parse(&raw).unwrap();
        let structure = message.structure();
        for (number, text) in texts.iter().enumerate() {
            let part = structure.part(&format!("1.{}", number + 1)).unwrap();
            let value = BodyValue::of(&raw, part, 0);
            let text = text.replace('\0', "").replace("\r\n", "\n");
            prop_assert_eq!(value.value, text.trim_start_matches('\u{feff}'));
        }
        for number in [texts.len() + 1, texts.len() + 2] {
            let part = structure.part(&format!("1.{number}")).unwrap();
            prop_assert_eq!(part.section.unwrap().data(&raw).unwrap().into_owned(), octets.clone());
        }
    }
}

#[test]
fn attached_messages_stand_as_they_are_and_multiparts_say_so() {
    let attached = "Subject: ü\r\n\r\nx\r\n".as_bytes().to_vec();
    let part = Entity {
        content_type: ContentType::new("message/rfc822"),
        fields: Vec::new(),
        content: Content::Octets(attached.clone()),
    };
    let root = Entity {
        content_type: ContentType::new("multipart/mixed"),
        fields: Vec::new(),
        content: Content::Parts(vec![text_part("see"), part]),
    };
    let raw = message(&[], root).unwrap();
    let text = String::from_utf8(raw.clone()).unwrap();
    assert_eq!(text.matches("Content-Transfer-Encoding: 8bit").count(), 2, "{text}");
    let message = Message::parse(&raw).unwrap();
    let structure = message.structure();
    let section = structure.part("2").unwrap().section.unwrap();
    assert_eq!(section.data(&raw).unwrap(), attached);
}

#[test]
fn a_boundary_that_stands_in_a_part_is_not_taken() {
    let body = |text: &str| {
        let root = Entity {
            content_type: ContentType::new("multipart/mixed"),
            fields: Vec::new(),
            content: Content::Parts(vec![text_part(text)]),
        };
        String::from_utf8(message(&[], root).unwrap()).unwrap()
    };
    let raw = body("--=_0\r\n--x--");
    let parsed = Message::parse(raw.as_bytes()).unwrap();
    assert_eq!(parsed.structure().parts().len(), 2);
    assert_eq!(body("a"), body("a"), "the same parts make the same message");
}
