//! What holds where an operator says nothing; docs/signet.toml shows the same.

use std::net::SocketAddr;

use super::{
    Config, DatabaseConfig, FetchConfig, LimitsConfig, LmtpConfig, LogConfig, LogFormat, NodeConfig,
    PushConfig, QuotaConfig, RelayConfig, RelayTls, SubmissionConfig, TrustConfig, UpkeepConfig,
};
use crate::smime::Revocation;

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            database: DatabaseConfig::default(),
            limits: LimitsConfig::default(),
            trust: TrustConfig::default(),
            submission: SubmissionConfig::default(),
            relay: RelayConfig::default(),
            push: PushConfig::default(),
            quota: QuotaConfig::default(),
            lmtp: LmtpConfig::default(),
            fetch: FetchConfig::default(),
            upkeep: UpkeepConfig::default(),
            node: NodeConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: None,
            password_file: None,
            connections: 16,
            wait_seconds: 10,
            statement_timeout_seconds: 30,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_size_upload: 50_000_000,
            max_unused_uploads: 1_000_000_000,
            max_concurrent_upload: 8,
            max_size_request: 10_000_000,
            max_concurrent_requests: 8,
            max_calls_in_request: 32,
            max_objects_in_get: 1000,
            max_objects_in_set: 1000,
            request_seconds: 60,
        }
    }
}

impl Default for TrustConfig {
    fn default() -> Self {
        Self { revocation: Revocation::default(), worker_interval_seconds: 30, refresh_seconds: 10 }
    }
}

impl Default for SubmissionConfig {
    fn default() -> Self {
        Self {
            host_name: None,
            max_recipients: 100,
            max_size: 50_000_000,
            max_waiting: 1000,
            max_delay_seconds: 2_592_000,
            retry_seconds: 300,
            max_age_seconds: 432_000,
            worker_interval_seconds: 30,
        }
    }
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            host: None,
            port: 587,
            tls: RelayTls::default(),
            ca_file: None,
            user: None,
            password: None,
            timeout_seconds: 300,
        }
    }
}

impl Default for PushConfig {
    fn default() -> Self {
        Self { allow: Vec::new(), ca_file: None, contact: None, max_streams: 32, recheck_seconds: 30 }
    }
}

impl Default for LmtpConfig {
    fn default() -> Self {
        Self {
            listen: None,
            max_size: 50_000_000,
            max_recipients: 1000,
            max_connections: 64,
            timeout_seconds: 300,
        }
    }
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            allow: Vec::new(),
            ca_file: None,
            proxy: None,
            connect_timeout_seconds: 5,
            timeout_seconds: 30,
            concurrency: 8,
            concurrency_per_host: 2,
            max_crl_octets: 33_554_432,
            max_ocsp_octets: 65_536,
            max_issuer_octets: 262_144,
            delivery_wait_seconds: 0,
            worker_interval_seconds: 30,
        }
    }
}

impl Default for UpkeepConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            interval_seconds: 300,
            change_age_seconds: 2_592_000,
            max_changes: 1_000_000,
            upload_age_seconds: 2_592_000,
            blob_grace_seconds: 86_400,
            submission_age_seconds: 31_536_000,
            evidence_age_seconds: 7_776_000,
            batch: 1000,
        }
    }
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            drain_seconds: 5,
            max_connections: 4096,
            max_streams: 3072,
            max_requests: 256,
            max_octets_in_memory: 512_000_000,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".to_owned() }
    }
}
