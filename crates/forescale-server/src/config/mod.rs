//! The configuration: one TOML file, checked as a whole before anything starts.

mod error;
mod listen;
mod outputs;
mod read;
mod target;
mod values;

pub use error::ConfigError;
pub use listen::{Server, StoreSettings, Tls, Webhook};
pub use outputs::Outputs;
pub use read::Config;
pub use target::{Fleet, Mode, Target};
pub use values::{Schedule, TargetName};
