//! Who pushes (RFC 8292): a token for each push service, signed with the key of all nodes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use reqwest::Url;
use serde_json::json;

/// How long a token is good; RFC 8292 §2 allows 24 hours, and clocks differ.
const TOKEN_HOURS: i64 = 12;

/// The key by which push services know this server.
pub(super) struct VapidKey {
    private: EcKey<Private>,
    public: String,
}

/// A new key, in PKCS #8.
pub(super) fn generate() -> Vec<u8> {
    let key = || -> Result<Vec<u8>, ErrorStack> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        PKey::from_ec_key(EcKey::generate(&group)?)?.private_key_to_pkcs8()
    };
    key().expect("OpenSSL knows P-256 and has random numbers")
}

impl VapidKey {
    /// Reads what [`generate`] writes.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, ErrorStack> {
        let private = PKey::private_key_from_pkcs8(der)?.ec_key()?;
        let mut context = BigNumContext::new()?;
        let form = PointConversionForm::UNCOMPRESSED;
        let public = private.public_key().to_bytes(private.group(), form, &mut context)?;
        Ok(Self { private, public: URL_SAFE_NO_PAD.encode(public) })
    }

    /// The public key: an uncompressed point in URL-safe base64 (RFC 8292 §3.2, RFC 9749 §3).
    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// The Authorization of a push to `url` (RFC 8292 §3).
    pub(super) fn authorization(
        &self,
        url: &Url,
        contact: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<String, ErrorStack> {
        let mut claims = json!({
            "aud": url.origin().ascii_serialization(),
            "exp": (now + Duration::hours(TOKEN_HOURS)).timestamp(),
        });
        if let Some(contact) = contact {
            claims["sub"] = json!(contact);
        }
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(json!({"typ": "JWT", "alg": "ES256"})), encode(claims));
        let signature = EcdsaSig::sign(&sha256(signed.as_bytes()), &self.private)?;
        // RFC 7518 §3.4: both numbers in 32 octets each.
        let signature = [signature.r().to_vec_padded(32)?, signature.s().to_vec_padded(32)?].concat();
        Ok(format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature), self.public))
    }
}
