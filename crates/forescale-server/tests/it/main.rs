//! The service over real sockets, on a clock that only moves when it is told to.

mod access;
mod answers;
mod damage;
mod faults;
mod hindsight;
mod hooks;
mod hostile;
mod keda;
mod outage;
mod outputs;
mod settings;
mod support;
mod tls;
mod upgrade;
