//! Randomness, for ids that nobody else gives.

use crate::wire::errors::MethodError;

/// Something that nobody else says: 32 hexadecimal digits.
pub(super) fn token() -> Result<String, MethodError> {
    let mut octets = [0; 16];
    openssl::rand::rand_bytes(&mut octets).map_err(|error| {
        tracing::error!(%error, "there is no randomness");
        MethodError::ServerFail("there is no randomness".to_owned())
    })?;
    Ok(hex::encode(octets))
}
