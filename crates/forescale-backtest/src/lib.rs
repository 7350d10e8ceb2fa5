//! How good forecasts were on a history that is known: rolling origins, scores by horizon, skill.

pub mod buckets;
pub mod origins;
pub mod scores;

pub use buckets::{Bucket, Buckets};
pub use origins::rolling_origins;
pub use scores::{Scorer, Scores};
