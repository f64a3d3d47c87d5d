//! One fetch from servers that misbehave.

use std::time::Duration;

use futures_util::future::join_all;
use signet::fetch::{Failure, FetchOptions, Fetched, Fetcher, Method, RefusalReason, Request, Validators};
use signet::reach::{Allowed, Reach, Refusal};

use crate::support::Web;
use crate::support::web::{Answer, options};

const SHORT: Duration = Duration::from_millis(300);

fn request(url: String) -> Request {
    Request { url, method: Method::Get(Validators::default()), max_octets: 1000 }
}

async fn fetch_with(options: FetchOptions, url: String) -> Result<Fetched, Failure> {
    Fetcher::new(options).unwrap().fetch(&request(url)).await
}

async fn fetch(url: String) -> Result<Fetched, Failure> {
    fetch_with(options(), url).await
}

fn code(outcome: Result<Fetched, Failure>) -> &'static str {
    outcome.expect_err("a failure").code()
}

fn content(outcome: Result<Fetched, Failure>) -> Vec<u8> {
    match outcome {
        Ok(Fetched::Content(octets, _)) => octets,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn content_comes_whatever_its_type_and_carries_nothing_but_the_question() {
    let web = Web::start().await;
    web.content("/ca.crl", b"a list");
    assert_eq!(content(fetch(web.url("/ca.crl")).await), b"a list");
    let asked = web.asked("/ca.crl").remove(0);
    let names: Vec<&str> = asked.headers.keys().map(String::as_str).collect();
    assert_eq!(
        (asked.method.as_str(), names),
        ("GET", vec!["accept", "accept-encoding", "host", "user-agent"])
    );
    assert_eq!(asked.headers["accept-encoding"], "identity");
}

#[tokio::test]
async fn a_question_to_a_responder_is_posted() {
    let web = Web::start().await;
    web.content("/ocsp", b"an answer");
    let question =
        Request { url: web.url("/ocsp"), method: Method::Ocsp(b"a question".to_vec()), max_octets: 1000 };
    let fetcher = Fetcher::new(options()).unwrap();
    assert_eq!(content(fetcher.fetch(&question).await), b"an answer");
    let asked = web.asked("/ocsp").remove(0);
    assert_eq!((asked.method.as_str(), asked.body.as_slice()), ("POST", b"a question".as_slice()));
    assert_eq!(asked.headers["content-type"], "application/ocsp-request");
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let web = Web::start().await;
    let headers = "ETag: \"1\"\r\nLast-Modified: Sun, 01 Mar 2026 12:00:00 GMT\r\n".to_owned();
    web.answer("/ca.crl", Answer::Status(200, headers, b"a list".to_vec()));
    let Ok(Fetched::Content(_, validators)) = fetch(web.url("/ca.crl")).await else { panic!("no content") };
    assert_eq!(validators.etag.as_deref(), Some("\"1\""));
    web.answer("/ca.crl", Answer::Status(304, String::new(), Vec::new()));
    let again = Request { method: Method::Get(validators), ..request(web.url("/ca.crl")) };
    assert_eq!(Fetcher::new(options()).unwrap().fetch(&again).await, Ok(Fetched::NotModified));
    let asked = web.asked("/ca.crl").remove(1);
    assert_eq!(asked.headers["if-none-match"], "\"1\"");
    assert_eq!(asked.headers["if-modified-since"], "Sun, 01 Mar 2026 12:00:00 GMT");
    assert_eq!(code(fetch(web.url("/ca.crl")).await), "status", "nobody asked whether it changed");
}

#[tokio::test]
async fn slow_and_silent_servers_are_given_up() {
    let web = Web::start().await;
    web.answer("/silent", Answer::Silence);
    web.answer("/slow", Answer::Drip);
    for path in ["/silent", "/slow"] {
        let outcome = fetch_with(FetchOptions { timeout: SHORT, ..options() }, web.url(path)).await;
        assert_eq!(outcome, Err(Failure::TimedOut(SHORT)), "{path}");
    }
}

#[tokio::test]
async fn no_more_comes_than_was_bargained_for() {
    let web = Web::start().await;
    web.answer("/endless", Answer::Endless);
    web.content("/large", &[0; 1001]);
    web.content("/just-right", &[0; 1000]);
    assert_eq!(fetch(web.url("/endless")).await, Err(Failure::TooLarge(1000)));
    assert_eq!(fetch(web.url("/large")).await, Err(Failure::TooLarge(1000)));
    assert_eq!(content(fetch(web.url("/just-right")).await).len(), 1000);
    // A thousand octets that a reader would blow up to a million.
    web.answer("/bomb", Answer::Status(200, "Content-Encoding: gzip\r\n".to_owned(), vec![0; 900]));
    assert_eq!(fetch(web.url("/bomb")).await, Err(Failure::Encoded("gzip".to_owned())));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    let web = Web::start().await;
    web.answer("/half", Answer::BrokenOff(b"half a li".to_vec()));
    web.answer("/noise", Answer::Raw(b"\x16\x03\x01 no HTTP".to_vec()));
    assert_eq!(code(fetch(web.url("/half")).await), "broken-off");
    assert_eq!(code(fetch(web.url("/noise")).await), "unreachable");
    for (status, headers, wait) in [(404, "", None), (503, "Retry-After: 120\r\n", Some(120))] {
        web.answer("/status", Answer::Status(status, headers.to_owned(), b"sorry".to_vec()));
        let retry_after = wait.map(Duration::from_secs);
        assert_eq!(fetch(web.url("/status")).await, Err(Failure::Status { status, retry_after }));
    }
    let port = web.port;
    drop(web);
    assert_eq!(code(fetch(format!("http://127.0.0.1:{port}/")).await), "unreachable");
}

#[tokio::test]
async fn redirects_are_followed_for_a_while_and_judged_like_the_first_url() {
    let web = Web::start().await;
    web.content("/ca.crl", b"a list");
    web.answer("/1", Answer::Redirect(web.url("/2")));
    web.answer("/2", Answer::Redirect("/3".to_owned()));
    web.answer("/3", Answer::Redirect("ca.crl".to_owned()));
    web.answer("/0", Answer::Redirect(web.url("/1")));
    assert_eq!(content(fetch(web.url("/1")).await), b"a list");
    assert_eq!(code(fetch(web.url("/0")).await), "redirects", "one too many");
    web.answer("/loop", Answer::Redirect("/loop".to_owned()));
    assert_eq!(code(fetch(web.url("/loop")).await), "redirects");
    assert_eq!(web.asked("/loop").len(), 4);
    web.answer("/nowhere", Answer::Status(302, String::new(), Vec::new()));
    assert_eq!(code(fetch(web.url("/nowhere")).await), "redirects");
    for target in [
        "http://10.0.0.1/ca.crl",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "ftp://ca.example.com/ca.crl",
        "file:///etc/passwd",
        "http://user:password@ca.example.com/",
        "http://127.0.0.1.nip.example:25/",
    ] {
        web.answer("/away", Answer::Redirect(target.to_owned()));
        assert_eq!(code(fetch(web.url("/away")).await), "refused", "{target}");
    }
}

#[tokio::test]
async fn addresses_inside_are_not_called_unless_the_operator_allows_it() {
    let web = Web::start().await;
    web.content("/ca.crl", b"a list");
    let by_name = format!("http://localhost:{}/ca.crl", web.port);
    let refused = |url: &String| {
        Err(Failure::Refused { url: url.clone(), reason: RefusalReason::Reach(Refusal::PrivateAddress) })
    };
    let reaching = |allowed: &[&str]| {
        let allowed = allowed.iter().map(|text| Allowed::try_from((*text).to_owned()).unwrap()).collect();
        FetchOptions { reach: Reach::new(allowed), ..options() }
    };
    for url in [web.url("/ca.crl"), by_name.clone()] {
        assert_eq!(fetch_with(reaching(&[]), url.clone()).await, refused(&url));
    }
    assert!(web.asked("/ca.crl").is_empty(), "nobody was called");
    assert_eq!(content(fetch_with(reaching(&["localhost"]), by_name.clone()).await), b"a list");
    assert_eq!(content(fetch_with(reaching(&["127.0.0.0/8"]), by_name).await), b"a list");
    assert_eq!(fetch_with(reaching(&["localhost"]), web.url("/ca.crl")).await, refused(&web.url("/ca.crl")));
}

#[tokio::test]
async fn only_http_and_only_its_ports() {
    for url in ["ldap://ca.example.com/cn=ca", "http://ca.example.com:25/", "https://ca.example.com:993/", ""]
    {
        assert_eq!(code(fetch(url.to_owned()).await), "refused", "{url}");
    }
}

#[tokio::test]
async fn so_many_at_once_and_so_many_of_one_host() {
    let web = Web::start().await;
    web.content("/ca.crl", b"a list");
    web.open(false);
    let options = FetchOptions { concurrency: 3, concurrency_per_host: 2, ..options() };
    let fetcher = Fetcher::new(options).unwrap();
    let ask = |host: &str| {
        let (fetcher, url) = (fetcher.clone(), format!("http://{host}:{}/ca.crl", web.port));
        tokio::spawn(async move { content(fetcher.fetch(&request(url)).await) })
    };
    let of_one: Vec<_> = (0..5).map(|_| ask("127.0.0.1")).collect();
    web.until_asked("/ca.crl", 2).await;
    let of_another: Vec<_> = (0..5).map(|_| ask("localhost")).collect();
    web.until_asked("/ca.crl", 3).await;
    web.open(true);
    for outcome in join_all(of_one.into_iter().chain(of_another)).await {
        assert_eq!(outcome.unwrap(), b"a list");
    }
    assert_eq!(web.most_at_once(), 3);
}

#[tokio::test]
async fn through_a_proxy_addresses_inside_are_refused_all_the_same() {
    let proxy = Web::start().await;
    let target = "http://ca.invalid/ca.crl";
    proxy.content(target, b"a list by proxy");
    // The proxy itself stands where nothing else is called.
    let proxied =
        FetchOptions { proxy: Some(format!("http://localhost:{}", proxy.port)), ..FetchOptions::default() };
    let by_proxy = async |url: &str| fetch_with(proxied.clone(), url.to_owned()).await;
    assert_eq!(content(by_proxy(target).await), b"a list by proxy", "a name that only the proxy resolves");
    for url in ["http://localhost/ca.crl", "http://10.0.0.1/ca.crl", "http://127.0.0.1/"] {
        assert_eq!(code(by_proxy(url).await), "refused", "{url}");
    }
    proxy.answer(target, Answer::Redirect("http://192.168.1.1/".to_owned()));
    assert_eq!(code(by_proxy(target).await), "refused");
}
