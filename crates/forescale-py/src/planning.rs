//! `plan` and `explain`: what an engine makes of a history or of a model.

use forescale::{Level, PlanSummary, explain, plan};
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::answers;
use crate::failure::Refusal;
use crate::fits::Fits;
use crate::given::Given;
use crate::histories::Histories;
use crate::prepared::{Prepared, Source, When};
use crate::settings::{Fleet, Learning};

/// Days of history that the chart of a plan shows before it.
const DAYS_BEFORE: usize = 3;

#[derive(Debug)]
struct Call {
    learning: Learning,
    fleet: Fleet,
    when: When,
}

impl Call {
    fn read(settings: &str) -> Result<Self, Refusal> {
        let given = Given::new(settings)?;
        let (learning, fleet) = (given.part::<Learning>()?, given.part()?);
        learning.check()?;
        Ok(Self { learning, fleet, when: given.part()? })
    }

    /// The forecast of a source, and the model behind it.
    fn prepared<'a>(
        &self,
        source: Source<'a>,
        series: Option<&str>,
    ) -> Result<Prepared<'a>, Refusal> {
        Prepared::new(source, series, &self.learning, &self.when)
    }
}

/// A plan for a series of `histories`, or of models that were trained. Two texts of JSON: the answer, and what a chart
/// shows of it.
#[pyfunction]
#[pyo3(name = "plan", signature = (settings, histories=None, fits=None, series=None))]
pub fn plan_of(
    py: Python<'_>,
    settings: &str,
    histories: Option<&Histories>,
    fits: Option<&Fits>,
    series: Option<&str>,
) -> PyResult<(String, String)> {
    let call = Call::read(settings)?;
    let capacity = call.fleet.needed_capacity()?;
    let options = call.fleet.options()?;
    let source = Source::new(histories, fits)?;
    let made = py.detach(|| {
        let prepared = call.prepared(source, series)?;
        let of = |error: Refusal| error.of(prepared.name);
        let state = call.fleet.state(&prepared.series, &capacity, &options).map_err(of)?;
        let notes = prepared.model().notes();
        let plan = plan(&prepared.forecast, &state, &capacity, &options, &notes);
        let plan = plan.map_err(|error| of(error.into()))?;
        Ok::<_, Refusal>((prepared, plan))
    });
    let (prepared, plan) = made?;
    let end = prepared.forecast.time_at(prepared.forecast.steps());
    let mut warnings = prepared.warnings.clone();
    warnings.extend(plan.warnings.iter().filter(|text| !prepared.warnings.contains(text)).cloned());
    let parts = vec![
        ("recommendations", json!(plan.recommendations)),
        ("summary", json!(PlanSummary::new(&plan, end))),
        ("plan_settings", json!(plan.settings)),
        ("warnings", json!(warnings)),
    ];
    let answer = answers::object(settings, prepared.data.clone(), parts)?;
    let instances = plan.recommendations.iter();
    let instances: Value =
        instances.map(|row| json!([row.effective_at.timestamp_millis(), row.instances])).collect();
    Ok((answer, answers::text(&chart(&prepared, options.level, instances))?))
}

fn chart(prepared: &Prepared<'_>, level: Level, instances: Value) -> Value {
    let (series, forecast) = (&prepared.series, &prepared.forecast);
    let before = DAYS_BEFORE * series.frequency().steps_per_day();
    let band = |h: usize| {
        let (low, high) = forecast.interval(h, level);
        json!([forecast.time_at(h).timestamp_millis(), forecast.point(h), low, high])
    };
    json!({
        "history": answers::curve(series, series.len().saturating_sub(before)),
        "forecast": (0..forecast.steps()).map(band).collect::<Value>(),
        "instances": instances,
        "level": level.percent(),
    })
}

/// What drives the load of a series, and the plan where a capacity is given. One text of JSON.
#[pyfunction]
#[pyo3(name = "explain", signature = (settings, histories=None, fits=None, series=None))]
pub fn explain_of(
    py: Python<'_>,
    settings: &str,
    histories: Option<&Histories>,
    fits: Option<&Fits>,
    series: Option<&str>,
) -> PyResult<String> {
    let call = Call::read(settings)?;
    let capacity = call.fleet.capacity()?;
    let options = call.fleet.options()?;
    let source = Source::new(histories, fits)?;
    let made = py.detach(|| {
        let prepared = call.prepared(source, series)?;
        let of = |error: Refusal| error.of(prepared.name);
        let plan = match &capacity {
            Some(capacity) => {
                let state = call.fleet.state(&prepared.series, capacity, &options).map_err(of)?;
                let notes = prepared.model().notes();
                let plan = plan(&prepared.forecast, &state, capacity, &options, &notes);
                Some(plan.map_err(|error| of(error.into()))?)
            }
            None => None,
        };
        let (model, series) = (prepared.model(), &prepared.series);
        let explanation = explain(model, series, &prepared.forecast, plan.as_ref());
        Ok::<_, Refusal>((prepared, explanation))
    });
    let (prepared, explanation) = made?;
    let parts = vec![("explanation", json!(explanation)), ("warnings", json!(prepared.warnings))];
    answers::object(settings, prepared.data, parts)
}
