//! The forescale engine as a Python module: frames in, forecasts and scale plans out.
//!
//! Python turns its arguments into JSON and its frames into Arrow or numpy arrays, and everything that is computed
//! here runs without the interpreter's lock. The package around it, with its documentation, is in `python/forescale`.

mod answers;
mod arrow_in;
mod failure;
mod fits;
mod fleets;
mod forecasts;
mod given;
mod histories;
mod planning;
mod prepared;
mod progress;
mod reading;
mod replaying;
mod scoring;
mod settings;
mod table;
mod texts;
mod times;
mod validation;
mod values;
mod work;

use pyo3::prelude::*;

/// What `import forescale` builds on.
#[pymodule]
mod _forescale {
    #[pymodule_export]
    use super::fits::Fits;
    #[pymodule_export]
    use super::fleets::fleet;
    #[pymodule_export]
    use super::forecasts::bound_names;
    #[pymodule_export]
    use super::histories::Histories;
    #[pymodule_export]
    use super::planning::{explain_of, plan_of};
    #[pymodule_export]
    use super::replaying::{advise_of, replay_of};
    #[pymodule_export]
    use super::scoring::backtest_of;
    #[pymodule_export]
    use super::table::Table;
    #[pymodule_export]
    use super::validation::cross_validation;
    #[pymodule_export]
    use super::values::step_seconds;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
