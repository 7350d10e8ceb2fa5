//! The work behind the answers: learn, forecast and plan, compare.

mod agenda;
mod backlog;
mod backtest;
mod evaluate;
mod fleet;
mod handing;
mod model;
mod pool;
mod refresh;
mod replay;
mod rhythm;
mod run;
mod trailing;
mod train;
mod work;
mod workers;

pub use agenda::{Agenda, Job, JobKind};
pub(crate) use backlog::agenda;
pub(crate) use evaluate::{COMPARED, JUDGED};
pub use pool::Pool;
pub(crate) use refresh::fresh_until;
pub use rhythm::Rhythm;
