//! What keeps the service from starting, or ends it.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::config::ConfigError;

/// A service that could not start or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another process holds the store.
    #[error("the store {} is in use by another forescale", path.display())]
    Locked {
        /// The store.
        path: PathBuf,
    },
    /// A newer version wrote the store.
    #[error("the store {} has format {found}, but this version knows formats up to {known}", path.display())]
    NewerStore {
        /// The store.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest this version knows.
        known: i64,
    },
    /// The store cannot be opened, read or written.
    #[error("the store {} does not work: {source}", path.display())]
    Store {
        /// The store.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A file that the configuration names cannot be used.
    #[error("{what} {} cannot be used: {reason}", path.display())]
    File {
        /// What it is for: `the token file`.
        what: &'static str,
        /// Where it is.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system refuses something the service cannot do without.
    #[error("the system refuses {what}: {source}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What it says.
        source: std::io::Error,
    },
}

impl ServerError {
    /// The way out, as one sentence without a full stop.
    pub fn hint(&self) -> String {
        match self {
            Self::Config(error) => error.hint.clone(),
            Self::Locked { .. } => {
                "stop the other process, or name another file as path in [store]".to_owned()
            }
            Self::NewerStore { .. } => {
                "run the version that wrote it, or name another file as path in [store]".to_owned()
            }
            Self::Store { .. } => {
                "check that the folder exists, is writable and has space left".to_owned()
            }
            Self::File { .. } => "check the path and that this user may read the file".to_owned(),
            Self::Listen { .. } => {
                "stop what uses the address, or set another one in [server]".to_owned()
            }
            Self::System { .. } => "check the limits of this user and of the container".to_owned(),
        }
    }
}
