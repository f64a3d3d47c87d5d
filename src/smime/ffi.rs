//! The one file with `unsafe`: what OpenSSL offers and the openssl crate does not, behind safe functions.
#![expect(
    unsafe_code,
    reason = "the gap between OpenSSL and the openssl crate is closed here and nowhere else"
)]

// Chains.

use std::cell::RefCell;
use std::ffi::{c_int, c_long, c_uchar, c_void};

use foreign_types::ForeignTypeRef;
use openssl::asn1::Asn1Object;
use openssl::error::ErrorStack;
use openssl::pkey::{PKeyRef, Public};
use openssl::stack::StackRef;
use openssl::x509::store::X509StoreRef;
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509Ref, X509VerifyResult};
use openssl_sys as sys;

/// More complaints than this about one path are not recorded.
const MOST_COMPLAINTS: usize = 256;

type VerifyCallback = extern "C" fn(c_int, *mut sys::X509_STORE_CTX) -> c_int;

unsafe extern "C" {
    fn X509_STORE_CTX_set_verify_cb(context: *mut sys::X509_STORE_CTX, callback: Option<VerifyCallback>);
    fn X509_STORE_CTX_get0_param(context: *mut sys::X509_STORE_CTX) -> *mut sys::X509_VERIFY_PARAM;
    fn X509_VERIFY_PARAM_add0_policy(
        param: *mut sys::X509_VERIFY_PARAM,
        policy: *mut sys::ASN1_OBJECT,
    ) -> c_int;
    fn d2i_X509_ALGOR(
        into: *mut *mut sys::X509_ALGOR,
        der: *mut *const c_uchar,
        length: c_long,
    ) -> *mut sys::X509_ALGOR;
    fn d2i_ASN1_BIT_STRING(
        into: *mut *mut sys::ASN1_BIT_STRING,
        der: *mut *const c_uchar,
        length: c_long,
    ) -> *mut sys::ASN1_BIT_STRING;
    fn ASN1_BIT_STRING_free(string: *mut sys::ASN1_BIT_STRING);
    fn d2i_ASN1_TYPE(
        into: *mut *mut sys::ASN1_TYPE,
        der: *mut *const c_uchar,
        length: c_long,
    ) -> *mut sys::ASN1_TYPE;
    fn ASN1_TYPE_free(value: *mut sys::ASN1_TYPE);
    fn ASN1_ANY_it() -> *const c_void;
    fn ASN1_item_verify(
        item: *const c_void,
        algorithm: *const sys::X509_ALGOR,
        signature: *const sys::ASN1_BIT_STRING,
        data: *const c_void,
        key: *mut sys::EVP_PKEY,
    ) -> c_int;
}

thread_local! {
    /// What the verification that runs on this thread has complained about so far.
    static COMPLAINTS: RefCell<Vec<Complaint>> = const { RefCell::new(Vec::new()) };
}

/// One error that OpenSSL found on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// X509_V_ERR_….
    pub(super) code: c_int,
    /// The position on the path, 0 is the leaf.
    pub(super) depth: usize,
}

/// What OpenSSL says about a path.
#[derive(Debug)]
pub(super) struct PathReport {
    /// Every error, not the first only.
    pub(super) complaints: Vec<Complaint>,
    /// DER of the path that it took, the leaf first.
    pub(super) chain: Vec<Vec<u8>>,
}

/// Lets OpenSSL build and check a path from `leaf` through `untrusted` to an anchor in `store`
/// (X509_verify_cert), and collects every error.
pub(super) fn check_path(
    leaf: &X509Ref,
    untrusted: &StackRef<X509>,
    store: &X509StoreRef,
    flags: X509VerifyFlags,
    depth: c_int,
    policies: &[Asn1Object],
) -> Result<PathReport, ErrorStack> {
    let mut context = openssl::x509::X509StoreContext::new()?;
    let _ = COMPLAINTS.try_with(|complaints| complaints.borrow_mut().clear());
    let outcome = context.init(store, leaf, untrusted, |context| {
        let pointer = context.as_ptr();
        // SAFETY: `pointer` is the live context that `init` has just set up; the parameters belong to it and
        // live as long; each policy is duplicated, and the duplicate's ownership passes on success only.
        unsafe {
            let param = X509_STORE_CTX_get0_param(pointer);
            if sys::X509_VERIFY_PARAM_set_flags(param, flags.bits() as _) != 1 {
                return Err(ErrorStack::get());
            }
            sys::X509_VERIFY_PARAM_set_depth(param, depth);
            // The common name of a person is no host name, whatever it looks like: constraints on dNSName do not apply
            // to it (RFC 5280 §4.2.1.10).
            sys::X509_VERIFY_PARAM_set_hostflags(param, sys::X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
            for policy in policies {
                let copy = sys::OBJ_dup(policy.as_ptr());
                if copy.is_null() || X509_VERIFY_PARAM_add0_policy(param, copy) != 1 {
                    sys::ASN1_OBJECT_free(copy);
                    return Err(ErrorStack::get());
                }
            }
            X509_STORE_CTX_set_verify_cb(pointer, Some(collect));
        }
        let went_through = context.verify_cert()?;
        let error = context.error();
        let chain = context
            .chain()
            .map(|chain| chain.iter().map(|certificate| certificate.to_der()).collect::<Result<_, _>>())
            .transpose()?
            .unwrap_or_default();
        Ok((went_through, error, chain))
    });
    // What verification left in OpenSSL's queue has been told through the callback.
    drop(ErrorStack::get());
    let (went_through, error, chain) = outcome?;
    let mut complaints = COMPLAINTS.try_with(RefCell::take).unwrap_or_default();
    if !went_through && complaints.is_empty() {
        // It ended by itself, past the callback. That must not look like agreement.
        let code = if error == X509VerifyResult::OK { sys::X509_V_ERR_UNSPECIFIED } else { error.as_raw() };
        complaints.push(Complaint { code, depth: 0 });
    }
    Ok(PathReport { complaints, chain })
}

/// Notes an error and tells OpenSSL to go on. It neither allocates without bound nor panics: a borrow that is not
/// to be had, or a thread that is ending, ends the verification as failed instead.
extern "C" fn collect(ok: c_int, context: *mut sys::X509_STORE_CTX) -> c_int {
    if ok == 1 {
        return 1;
    }
    // SAFETY: OpenSSL calls this with the context of the verification under way.
    let (code, depth) =
        unsafe { (sys::X509_STORE_CTX_get_error(context), sys::X509_STORE_CTX_get_error_depth(context)) };
    let complaint = Complaint { code, depth: usize::try_from(depth).unwrap_or(0) };
    COMPLAINTS
        .try_with(|complaints| {
            let Ok(mut complaints) = complaints.try_borrow_mut() else { return 0 };
            if complaints.len() < MOST_COMPLAINTS && !complaints.contains(&complaint) {
                complaints.push(complaint);
            }
            1
        })
        .unwrap_or(0)
}

/// OpenSSL's own words for an error of chain verification.
pub(super) fn complaint_text(code: c_int) -> &'static str {
    // SAFETY: any number is allowed; one that OpenSSL does not know gets a text that says so.
    unsafe { X509VerifyResult::from_raw(code) }.error_string()
}

/// Whether a key made the signature over the DER of a signed structure (ASN1_item_verify), whose algorithm and BIT
/// STRING are given as DER too. The structure is taken as it is: what is inside is not read.
pub(super) fn verify_signed(
    structure: &[u8],
    algorithm: &[u8],
    signature: &[u8],
    key: &PKeyRef<Public>,
) -> Result<bool, ErrorStack> {
    // SAFETY: each d2i function reads no further than the length that it is given and makes an object of its own, or
    // null; each object is freed once, and null may be freed. The item describes the type of `data`.
    let verified = unsafe {
        let algorithm_object = decode(d2i_X509_ALGOR, algorithm);
        let signature_object = decode(d2i_ASN1_BIT_STRING, signature);
        let data = decode(d2i_ASN1_TYPE, structure);
        let all = !algorithm_object.is_null() && !signature_object.is_null() && !data.is_null();
        let verified = all
            && ASN1_item_verify(ASN1_ANY_it(), algorithm_object, signature_object, data.cast(), key.as_ptr())
                == 1;
        ASN1_TYPE_free(data);
        ASN1_BIT_STRING_free(signature_object);
        sys::X509_ALGOR_free(algorithm_object);
        verified
    };
    let errors = ErrorStack::get();
    if verified || errors.errors().is_empty() { Ok(verified) } else { Err(errors) }
}

/// Calls a d2i function.
///
/// # Safety
///
/// `d2i` must be one of OpenSSL's d2i functions.
unsafe fn decode<T>(
    d2i: unsafe extern "C" fn(*mut *mut T, *mut *const c_uchar, c_long) -> *mut T,
    der: &[u8],
) -> *mut T {
    let Ok(length) = c_long::try_from(der.len()) else { return std::ptr::null_mut() };
    let mut position = der.as_ptr();
    // SAFETY: by the contract above; the pointer and the length are those of a slice.
    unsafe { d2i(std::ptr::null_mut(), &mut position, length) }
}
