//! Load histories and model files, in and out: the only crate that sees DataFrames.
//!
//! ```
//! use forescale_sources::{ReadOptions, Source, read_history};
//!
//! let bytes = b"timestamp,load\n2026-01-05T00:00:00Z,10\n2026-01-05T00:05:00Z,12\n".to_vec();
//! let source = Source::Bytes { name: "shop.csv".into(), bytes };
//! let history = read_history(&source, &ReadOptions::default())?;
//! assert_eq!(history.series.values(), [10.0, 12.0]);
//! assert_eq!(history.report.line(), "2 rows, 2026-01-05 00:00 .. 2026-01-05 00:05, step 5m");
//! # Ok::<(), forescale_sources::SourceError>(())
//! ```

mod atomic;
mod blocks;
mod cells;
mod columns;
mod content;
pub mod describe;
mod error;
mod events;
pub mod generate;
mod grid;
mod hint;
mod history;
mod join;
mod load;
pub mod model_file;
mod native;
mod opened;
mod parquet;
mod plan_file;
mod rates;
mod records;
mod report;
mod roster;
mod samples;
mod spill;
mod table;
mod text;
mod timestamp;

pub use atomic::write_atomically;
pub use content::Source;
pub use describe::{Description, describe};
pub use error::{ModelProblem, Place, Role, SourceError};
pub use events::read_events;
pub use generate::{Generated, SCENARIOS, Scenario, scenario};
pub use grid::Aggregate;
pub use history::{HistoryRead, ReadOptions, read_histories, read_history};
pub use join::{join_csv, join_parquet};
pub use model_file::ModelFile;
pub use plan_file::read_plan;
pub use rates::{read_carbon, read_regions, read_spot};
pub use report::{ReadColumns, ReadReport};
pub use roster::name_hash;
pub use spill::{
    Part, PartSeries, Sorted, SpillOptions, Spilled, read_part, spill, spill_with_progress,
};
pub use table::{TableColumn, Values, write_csv, write_parquet};
