//! The service over real sockets, on a clock that only moves when it is told to.

mod access;
mod answers;
mod faults;
mod hooks;
mod keda;
mod settings;
mod support;
mod tls;
