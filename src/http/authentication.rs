//! Who asks: HTTP Basic (RFC 7617) against the logins in the database.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::{FutureExt, LocalBoxFuture};
use moka::future::Cache;

use super::error::HttpError;
use super::request_log::LoggedUser;
use super::{App, password};
use crate::store::StoreError;
use crate::store::login::{self, Login};
use crate::wire::capability::Capability;
use crate::wire::session::{Account, Principal};

/// Checks names and passwords. What was right once is remembered for a while, as a digest over name, password and
/// stored hash: a password that was changed is another key, so the change takes effect at once on all nodes.
pub(super) struct Authenticator {
    successes: Cache<[u8; 32], ()>,
}

/// The user of a request. Handlers that take one are for users only.
pub(super) struct User(pub(super) Arc<Principal>, pub(super) Credential);

/// What a user was let in by: a digest of the stored hash, which changes with the password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Credential([u8; 32]);

impl Credential {
    fn of(login: &Login) -> Self {
        Self(openssl::sha::sha256(login.password_hash.as_bytes()))
    }
}

/// The user as it is now, for whoever was let in a while ago; `None` if the same password would not let it in any more.
pub(super) async fn still_allowed(
    app: &App,
    name: &str,
    credential: Credential,
) -> Result<Option<Arc<Principal>>, StoreError> {
    let login = login::by_name(app.store(), name).await?;
    Ok(login.filter(|login| Credential::of(login) == credential).map(|login| Arc::new(principal(login))))
}

impl Authenticator {
    pub(super) fn new() -> Self {
        let successes = Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(600)).build();
        Self { successes }
    }

    /// The login called `name`, if the password is its own.
    async fn check(&self, app: &App, name: &str, password: &str) -> Result<Option<Login>, StoreError> {
        let login = login::by_name(app.store(), name).await?;
        let Some(login) = login else {
            password::verify(password.to_owned(), None).await;
            return Ok(None);
        };
        let key = digest(&login.name, password, &login.password_hash);
        if self.successes.get(&key).await.is_some() {
            return Ok(Some(login));
        }
        if !password::verify(password.to_owned(), Some(login.password_hash.clone())).await {
            return Ok(None);
        }
        self.successes.insert(key, ()).await;
        Ok(Some(login))
    }
}

impl FromRequest for User {
    type Error = HttpError;
    type Future = LocalBoxFuture<'static, Result<Self, HttpError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move {
            let app = request.app_data::<web::Data<App>>().expect("the server is set up with its App");
            let (name, password) = credentials(&request).ok_or_else(unauthorized)?;
            let login = app.authenticator.check(app, &name, &password).await?;
            let login = login.ok_or_else(unauthorized)?;
            request.extensions_mut().insert(LoggedUser(login.name.clone()));
            let credential = Credential::of(&login);
            Ok(Self(Arc::new(principal(login)), credential))
        }
        .boxed_local()
    }
}

fn unauthorized() -> HttpError {
    HttpError::plain(StatusCode::UNAUTHORIZED, "Name and password are needed, or they are wrong.")
}

fn credentials(request: &HttpRequest) -> Option<(String, String)> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    (!name.is_empty() && !name.contains('\0')).then(|| (name.to_owned(), password.to_owned()))
}

/// Lengths before the texts keep two different triples from being one.
fn digest(name: &str, password: &str, hash: &str) -> [u8; 32] {
    let mut sha = openssl::sha::Sha256::new();
    for text in [name, password, hash] {
        sha.update(&(text.len() as u64).to_be_bytes());
        sha.update(text.as_bytes());
    }
    sha.finish()
}

fn principal(login: Login) -> Principal {
    let account = |access: login::AccountAccess| Account {
        id: access.account,
        name: access.name,
        is_personal: access.is_personal,
        is_read_only: access.is_read_only,
        capabilities: vec![Capability::Mail, Capability::SmimeVerify, Capability::Quota],
    };
    Principal { username: login.name, accounts: login.accounts.into_iter().map(account).collect() }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn basic_credentials_are_read() {
        let read = |value: &str| {
            credentials(&TestRequest::default().insert_header(("authorization", value)).to_http_request())
        };
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let found = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        assert_eq!(read(&basic("ann@example.org:a:b")), found("ann@example.org", "a:b"));
        assert_eq!(read(&basic("ann:").replace("Basic", "bASIC")), found("ann", ""));
        for wrong in ["", "Basic", "Basic !", "Bearer x", &basic("ann"), &basic(":x"), &basic("a\0b:x")] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_part_of_the_key_counts() {
        let key = digest("a", "b", "c");
        assert_ne!(key, digest("ab", "", "c"));
        assert_ne!(key, digest("a", "b", "d"));
    }
}
