//! Load histories from Prometheus, and from what answers its API: Thanos, Mimir, VictoriaMetrics.
//!
//! ```no_run
//! use forescale_prometheus::{Client, Settings};
//!
//! let source = "prometheus://localhost:9090?query=sum(rate(http_requests_total[5m]))&range=14d";
//! let client = Client::new(Settings::from_source(source)?, 1)?;
//! let read = client.read(chrono::Utc::now())?;
//! println!("{} steps, {} gaps", read.series.len(), read.notes.gaps);
//! # Ok::<(), forescale_prometheus::PrometheusError>(())
//! ```

mod answer;
mod asking;
mod caller;
mod counts;
mod credentials;
mod error;
mod grid;
mod hint;
mod metadata;
mod notes;
mod probe;
mod promql;
mod read;
mod reading;
mod settings;
mod source;
mod tls;

pub use error::PrometheusError;
pub use notes::Notes;
pub use probe::Check;
pub use read::{Client, PrometheusRead};
pub use settings::{BasicAuth, Header, HeaderFile, Settings};
