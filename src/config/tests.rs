//! What operators may rely on: the sample, refusals, and what wins over what.

use super::*;

#[test]
fn the_sample_loads_and_shows_the_defaults() {
    let sample = Config::parse(include_str!("../../docs/signet.toml")).unwrap();
    let url = DatabaseUrl("postgres://signet@localhost/signet?sslmode=prefer".to_owned());
    let database = DatabaseConfig {
        url: Some(url),
        password_file: Some(PathBuf::from("/run/secrets/database-password")),
        ..DatabaseConfig::default()
    };
    let public_url = Some(PublicUrl("https://mail.example.org".to_owned()));
    let submission =
        SubmissionConfig { host_name: Some("mail.example.org".to_owned()), ..SubmissionConfig::default() };
    let relay = RelayConfig {
        host: Some("smtp.example.org".to_owned()),
        ca_file: Some(PathBuf::from("/etc/signet/relay-authorities.pem")),
        user: Some("signet".to_owned()),
        password: Some(Secret("a password".to_owned())),
        ..RelayConfig::default()
    };
    let push = PushConfig {
        ca_file: Some(PathBuf::from("/etc/signet/push-authorities.pem")),
        contact: Some(Contact("mailto:postmaster@example.org".to_owned())),
        ..PushConfig::default()
    };
    let lmtp = LmtpConfig {
        listen: Some(LmtpAddress(SocketAddr::from(([127, 0, 0, 1], 24)))),
        ..LmtpConfig::default()
    };
    let fetch = FetchConfig {
        ca_file: Some(PathBuf::from("/etc/signet/fetch-authorities.pem")),
        proxy: Some(ProxyUrl("http://proxy.example.org:3128".to_owned())),
        ..FetchConfig::default()
    };
    let defaults = Config::default();
    assert_eq!(sample, Config { database, public_url, submission, relay, push, lmtp, fetch, ..defaults });
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = Config::parse("[limits]\n\nmax_size_uplaod = 1\n").unwrap_err();
    assert!(error.starts_with("line 3: ") && error.contains("max_size_uplaod"), "{error}");
    assert!(!error.contains('\n'));
    assert!(Config::parse("[trust]\nrevocation = \"maybe\"").unwrap_err().contains("maybe"));
    assert!(Config::parse("public_url = \"ftp://x\"").unwrap_err().contains("public_url"));
    assert!(Config::parse("[push]\nallow = [\"10.0.0.0/99\"]").unwrap_err().contains("10.0.0.0/99"));
    assert!(Config::parse("[lmtp]\nlisten = \"127.0.0.1:25\"").unwrap_err().contains("port of SMTP"));
    assert!(Config::parse("[fetch]\nallow = [\"a b\"]").unwrap_err().contains("a b"));
    let proxy = Config::parse("[fetch]\nproxy = \"socks://u:geheim@x\"").unwrap_err();
    assert!(proxy.contains("proxy") && !proxy.contains("geheim"), "{proxy}");
    assert!(Config::parse("[push]\ncontact = \"postmaster\"").unwrap_err().contains("postmaster"));
}

#[test]
fn periods_that_no_date_can_be_reckoned_with_are_refused() {
    for (section, key) in [
        ("submission", "max_age_seconds"),
        ("submission", "max_delay_seconds"),
        ("submission", "retry_seconds"),
        ("upkeep", "change_age_seconds"),
        ("upkeep", "blob_grace_seconds"),
    ] {
        let error = Config::parse(&format!("[{section}]\n{key} = 9223372036854775807")).unwrap_err();
        assert!(
            error.starts_with("line 2: ") && error.contains("is not from 0 to 3153600000 seconds"),
            "{error}"
        );
        assert!(Config::parse(&format!("[{section}]\n{key} = 3153600000")).is_ok());
    }
    for section in ["submission", "trust", "fetch"] {
        let error = Config::parse(&format!("[{section}]\nworker_interval_seconds = 0")).unwrap_err();
        assert!(error.contains("0 is not from 1 to"), "{error}");
    }
    assert!(Config::parse("[upkeep]\nbatch = 0").unwrap_err().contains("rows"));
}

#[test]
fn what_is_wrong_with_a_file_is_told_without_its_passwords() {
    let error = Config::parse("[database]\nurl = \"postgres://u:geheim@h/d\" x").unwrap_err();
    assert!(!error.contains("geheim"), "{error}");
}

#[test]
fn the_password_of_the_database_may_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let overrides = Overrides { database_password_file: Some(file.clone()), ..Overrides::default() };
    let config = Config::load(None, overrides).unwrap();
    let said = config.database_password().unwrap_err().to_string();
    assert!(said.contains(file.to_str().unwrap()), "{said}");
    std::fs::write(&file, "geheim \nmore\n").unwrap();
    let password = config.database_password().unwrap().unwrap();
    assert_eq!(password.expose(), "geheim ");
    assert_eq!(Config::default().database_password().unwrap(), None);
}

#[test]
fn passwords_do_not_show_in_debug() {
    let overrides =
        Overrides { database_url: Some("postgres://u:geheim@h/d".to_owned()), ..Overrides::default() };
    let overrides = Overrides { relay_password: Some("geheim".to_owned()), ..overrides };
    let config = Config::load(None, overrides).unwrap();
    assert_eq!(config.relay.password.as_ref().unwrap().expose(), "geheim");
    assert!(!format!("{config:?}").contains("geheim"));
    assert_eq!(config.database_url().unwrap().expose(), "postgres://u:geheim@h/d");
    assert!(matches!(Config::default().database_url(), Err(ConfigError::NoDatabase)));
}

#[test]
fn the_server_is_called_as_it_is_reached() {
    let name = |url: &str| {
        let url = PublicUrl::try_from(url.to_owned()).unwrap();
        SubmissionConfig::default().host_name(Some(&url))
    };
    assert_eq!(name("https://mail.example.org:8443/x"), "mail.example.org");
    assert_eq!(name("http://[::1]:8080"), "::1");
    assert_eq!(SubmissionConfig::default().host_name(None), "localhost");
}

#[test]
fn flags_win_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("signet.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\npublic_url = \"http://file/\"").unwrap();
    let overrides = Overrides { listen: Some(([127, 0, 0, 1], 2).into()), ..Overrides::default() };
    let config = Config::load(Some(&file), overrides).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.public_url.unwrap().as_str(), "http://file");
}
