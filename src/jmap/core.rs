//! Core/echo (RFC 8620 §4).

use futures_util::future::{FutureExt, LocalBoxFuture};

use super::Context;
use super::dispatch::{Handler, Reply};
use crate::wire::envelope::Arguments;
use crate::wire::errors::MethodError;

/// Answers with the arguments that it is given.
pub(super) struct Echo;

impl Handler for Echo {
    fn call<'a>(
        &'a self,
        _: &'a mut Context,
        arguments: Arguments,
    ) -> LocalBoxFuture<'a, Result<Reply, MethodError>> {
        async { Ok(Reply::from(arguments)) }.boxed_local()
    }
}
