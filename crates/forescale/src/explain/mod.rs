//! What drives the load and the plan.

mod condition;
mod surrogate;

pub use surrogate::{Rule, rules};
