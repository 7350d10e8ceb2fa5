//! What the service listens on, where it keeps its state, and whom it tells.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::TimeDelta;
use serde::Deserialize;

use super::values::{TargetName, address, some_address, span};

/// `[server]`: addresses, access and limits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Server {
    /// Where HTTP is served; loopback unless a token or mutual TLS guards it.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Where KEDA's external scaler is served; nowhere when absent.
    #[serde(deserialize_with = "some_address")]
    pub grpc_listen: Option<SocketAddr>,
    /// A file whose first line is the token that requests have to bring.
    pub token_file: Option<PathBuf>,
    /// Certificates; plain text when absent.
    pub tls: Option<Tls>,
    /// Jobs at a time; one for each core, and at least two, when absent.
    pub workers: Option<usize>,
    /// Connections at a time, on each address.
    pub max_connections: usize,
    /// Bytes of a request's body.
    pub max_body: usize,
    /// Time a client has to send a request's head.
    #[serde(deserialize_with = "span")]
    pub header_timeout: TimeDelta,
    /// Time a request may take.
    #[serde(deserialize_with = "span")]
    pub request_timeout: TimeDelta,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8_080)),
            grpc_listen: None,
            token_file: None,
            tls: None,
            workers: None,
            max_connections: 1_024,
            max_body: 1_048_576,
            header_timeout: TimeDelta::seconds(10),
            request_timeout: TimeDelta::seconds(30),
        }
    }
}

impl Server {
    /// Whether who asks has to show who it is.
    pub fn guarded(&self) -> bool {
        self.token_file.is_some() || self.mutual()
    }

    pub(crate) fn mutual(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some())
    }

    /// The addresses that others than this machine can reach.
    pub(crate) fn exposed(&self) -> Option<SocketAddr> {
        let all = [Some(self.listen), self.grpc_listen];
        all.into_iter().flatten().find(|address| !address.ip().is_loopback())
    }

    /// Jobs at a time: one core is always left to forecasts while another trains.
    pub fn worker_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(2, usize::from);
        self.workers.unwrap_or_else(cores).max(2)
    }
}

/// `[server.tls]`: PEM files.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    /// The certificate and what signed it.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// What signs the certificates that clients have to show; no client certificate is asked for when absent.
    pub client_ca: Option<PathBuf>,
}

/// `[store]`: the state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct StoreSettings {
    /// The database; made when it is not there.
    pub path: PathBuf,
    /// How long plans, evaluations and runs are kept.
    #[serde(deserialize_with = "span")]
    pub keep: TimeDelta,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { path: "forescale.db".into(), keep: TimeDelta::days(30) }
    }
}

/// `[[webhook]]`: whom new plans and alerts are sent to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Webhook {
    /// What targets call it that name their webhooks.
    pub name: Option<TargetName>,
    /// Where to post; `http` or `https`.
    pub url: String,
    /// A file whose first line signs what is sent.
    pub secret_file: PathBuf,
    /// Whether every new plan is sent; alerts always are.
    #[serde(default)]
    pub plans: bool,
}
