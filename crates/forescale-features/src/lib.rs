//! From a load history to feature matrices, never looking past the origin.
//!
//! [`matrix::build`] is the one function that makes a matrix. Every column it writes for a row depends on the
//! history before the row's origin and on the calendar, which is known in advance.

pub mod events;
pub mod holidays;
mod known;
pub mod levels;
pub mod matrix;
pub mod prepared;
pub mod relative;
pub mod rows;
mod thinned;
pub mod unusual;

pub use events::EventEffects;
pub use known::Known;
pub use matrix::{Layout, Matrix, build};
pub use prepared::Prepared;
pub use rows::{Row, Segment, TrainingRows, training_rows};
pub use unusual::Unusual;
