//! The client against servers that answer as Prometheus does, or as it should not.

mod answers;
mod counts;
mod faults;
mod hostile;
mod memory;
mod probe;
mod server;
mod tls;
