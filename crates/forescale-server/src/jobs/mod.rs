//! The work behind the answers: learn, forecast and plan, compare.

mod agenda;
mod backlog;
mod evaluate;
mod fleet;
mod model;
mod pool;
mod refresh;
mod rhythm;
mod run;
mod train;

pub use agenda::{Agenda, Job, JobKind};
pub(crate) use evaluate::drifted;
pub use pool::Pool;
pub use rhythm::Rhythm;
