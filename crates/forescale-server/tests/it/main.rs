//! The service over real sockets, on a clock that only moves when it is told to.

mod answers;
mod faults;
mod keda;
mod support;
