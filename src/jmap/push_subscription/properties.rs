//! The properties of a PushSubscription (RFC 8620 §7.2), as a client writes them.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Days, SubsecRound, Utc};
use serde_json::Value;

use crate::push::check_keys;
use crate::store::push::SubscriptionKeys;
use crate::wire::date::parse_utc_date;
use crate::wire::errors::SetError;

/// How long a subscription lasts if the client does not say (RFC 8620 §7.2: 7 days SHOULD be possible).
const DEFAULT_DAYS: u64 = 7;
/// How long it can last at most before the client must extend it.
const MAX_DAYS: u64 = 28;
/// Octets of a deviceClientId at most.
const MAX_DEVICE_CLIENT_ID: usize = 1024;
/// Names in `types` at most, and octets of each.
const MAX_TYPES: usize = 100;
const MAX_TYPE_NAME: usize = 255;

/// Base64 as RFC 4648 §5 has it, whether or not it is padded.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// deviceClientId.
pub(super) fn device_client_id(value: &Value) -> Result<String, SetError> {
    let text = value.as_str().filter(|text| (1..=MAX_DEVICE_CLIENT_ID).contains(&text.len()));
    let text = text.filter(|text| !text.contains('\0'));
    text.map(str::to_owned).ok_or_else(|| {
        let problem = format!("a String of 1 to {MAX_DEVICE_CLIENT_ID} octets is needed");
        SetError::invalid_property("deviceClientId", problem)
    })
}

/// keys: null, or a point of P-256 and a secret of 16 octets (RFC 8291).
pub(super) fn keys(value: &Value) -> Result<Option<SubscriptionKeys>, SetError> {
    if value.is_null() {
        return Ok(None);
    }
    let decode = |name: &str| BASE64URL.decode(value.get(name)?.as_str()?).ok();
    let keys = decode("p256dh").zip(decode("auth")).map(|(p256dh, auth)| SubscriptionKeys { p256dh, auth });
    keys.filter(check_keys).map(Some).ok_or_else(|| {
        let problem =
            "`p256dh` must be an uncompressed point of P-256 and `auth` 16 octets, in URL-safe base64";
        SetError::invalid_property("keys", problem)
    })
}

/// expires: null is the default, and what lies too far ahead is brought near.
pub(super) fn expires(value: &Value, now: DateTime<Utc>) -> Result<DateTime<Utc>, SetError> {
    // Clients are told whole seconds, so that is what is stored.
    let in_days = |days| now.trunc_subsecs(0) + Days::new(days);
    if value.is_null() {
        return Ok(in_days(DEFAULT_DAYS));
    }
    let wanted = value.as_str().and_then(parse_utc_date);
    match wanted {
        Some(at) if at > now => Ok(at.trunc_subsecs(3).min(in_days(MAX_DAYS))),
        Some(_) => Err(SetError::invalid_property("expires", "it is over already")),
        None => Err(SetError::invalid_property("expires", "it is no UTCDate")),
    }
}

/// types: null is all of them. Names that this server does not know are kept; nothing ever happens to them.
pub(super) fn types(value: &Value) -> Result<Option<Vec<String>>, SetError> {
    let wrong = || {
        let problem =
            format!("null or at most {MAX_TYPES} names of at most {MAX_TYPE_NAME} octets are needed");
        SetError::invalid_property("types", problem)
    };
    match value {
        Value::Null => Ok(None),
        Value::Array(names) if names.len() <= MAX_TYPES => {
            let names = names.iter().map(|name| {
                let name = name.as_str().filter(|name| name.len() <= MAX_TYPE_NAME && !name.contains('\0'));
                name.map(str::to_owned).ok_or_else(wrong)
            });
            names.collect::<Result<_, _>>().map(Some)
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_time_of_a_subscription_has_a_default_and_an_end() {
        let now: DateTime<Utc> = "2026-03-01T12:00:00.5Z".parse().unwrap();
        let read = |value: Value| expires(&value, now).ok().map(|at| at.to_rfc3339());
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(read(json!(null)), told("2026-03-08T12:00:00+00:00"));
        assert_eq!(read(json!("2026-03-02T00:00:00Z")), told("2026-03-02T00:00:00+00:00"));
        assert_eq!(read(json!("2027-01-01T00:00:00Z")), told("2026-03-29T12:00:00+00:00"));
        for wrong in [json!("2026-03-01T12:00:00Z"), json!("tomorrow"), json!(1)] {
            assert_eq!(read(wrong), None);
        }
    }

    #[test]
    fn keys_are_a_point_and_a_secret_in_base64_with_or_without_padding() {
        let p256dh =
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let auth = "BTBZMqHH6r4Tts7J_aSIgg";
        assert!(keys(&json!(null)).unwrap().is_none());
        for pad in ["", "="] {
            let padded = json!({"p256dh": format!("{p256dh}{pad}"), "auth": format!("{auth}{pad}{pad}")});
            assert!(keys(&padded).is_ok_and(|keys| keys.is_some()), "{padded}");
        }
        for wrong in [
            json!({}),
            json!("x"),
            json!({"p256dh": p256dh}),
            json!({"p256dh": auth, "auth": p256dh}),
            json!({"p256dh": p256dh, "auth": "AAAA"}),
            json!({"p256dh": p256dh.replace('_', "/"), "auth": auth}),
        ] {
            assert!(keys(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_bounded() {
        assert_eq!(
            types(&json!(["Email", "Todo"])).unwrap(),
            Some(vec!["Email".to_owned(), "Todo".to_owned()])
        );
        for wrong in
            [json!("Email"), json!([1]), json!(vec!["x"; 101]), json!(["x".repeat(256)]), json!(["\0"])]
        {
            assert!(types(&wrong).is_err());
        }
        assert!(device_client_id(&json!("")).is_err() && device_client_id(&json!("x".repeat(1025))).is_err());
    }
}
