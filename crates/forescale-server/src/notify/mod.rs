//! Telling others: alerts when they begin and end, new plans, each signed and sent until it is taken.

mod alerts;
mod message;
mod outbox;

pub use alerts::Alerts;
pub use message::Message;
pub use outbox::Outbox;
