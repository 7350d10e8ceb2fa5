//! Models of many series, and forecasts from them.

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use forescale::{
    EngineOptions, Forecast, Frequency, Horizon, LoadSeries, MODEL_VERSION, Model, Quantiles, train,
};
use forescale_core::model_file::{ModelFile, decode, encode};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::{Deserialize, Serialize};

use crate::failure::Refusal;
use crate::forecasts::{self, Levels};
use crate::histories::Histories;
use crate::settings::{self, Learning};
use crate::table::Table;
use crate::times::{Times, Unit};
use crate::work;

/// A model for each series of a frame.
#[pyclass(frozen, module = "forescale._forescale")]
#[derive(Debug)]
pub struct Fits {
    /// What they were trained on.
    pub histories: Histories,
    /// In the order of the series.
    pub models: Arc<Vec<Model>>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    histories: Histories,
    models: Vec<Vec<u8>>,
}

#[pymethods]
impl Fits {
    /// Trains a model for each series, for forecasts of `h` steps.
    #[staticmethod]
    #[pyo3(signature = (histories, settings, h, progress=None))]
    fn train(
        py: Python<'_>,
        histories: &Histories,
        settings: &str,
        h: usize,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let learning: Learning = settings::read(settings)?;
        let count = histories.names.len();
        let models = work::each(py, count, learning.threads, progress, |at| {
            trained(&learning, histories, at, h).map_err(|error| error.of(&histories.names[at]))
        })?;
        Ok(Self { histories: histories.clone(), models: Arc::new(models) })
    }

    /// Forecasts `h` steps after the end of each series, or of the newer series in `recent`.
    #[pyo3(signature = (h, level, recent=None, progress=None))]
    fn predict(
        &self,
        py: Python<'_>,
        h: usize,
        level: Vec<f64>,
        recent: Option<&Histories>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Table> {
        let levels = Levels::new(&level)?;
        let histories = recent.unwrap_or(&self.histories);
        let made = work::each(py, histories.names.len(), None, progress, |at| {
            let forecast = match recent {
                Some(recent) => self.forecast_newer(&recent.names[at], &recent.series[at], h),
                None => forecast(&self.models[at], &self.histories.series[at], h),
            };
            let shown = forecast.map(|forecast| (at, forecast.at_quantiles(levels.quantiles())));
            shown.map_err(|error| error.of(&histories.names[at]))
        })?;
        Ok(forecasts::columns(forecasts::when(histories, &made), &made, &levels))
    }

    /// Trains and forecasts series by series, so that no more models are in memory than there are threads.
    #[staticmethod]
    #[pyo3(signature = (histories, settings, h, level, progress=None))]
    fn forecast(
        py: Python<'_>,
        histories: &Histories,
        settings: &str,
        h: usize,
        level: Vec<f64>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Table> {
        let learning: Learning = settings::read(settings)?;
        let levels = Levels::new(&level)?;
        let made = work::each(py, histories.names.len(), learning.threads, progress, |at| {
            let forecast = trained(&learning, histories, at, h)
                .and_then(|model| forecast(&model, &histories.series[at], h));
            let shown = forecast.map(|forecast| (at, forecast.at_quantiles(levels.quantiles())));
            shown.map_err(|error| error.of(&histories.names[at]))
        })?;
        Ok(forecasts::columns(forecasts::when(histories, &made), &made, &levels))
    }

    /// The names of the series.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.histories.names.clone()
    }

    /// What each model says about itself, as JSON.
    fn cards(&self) -> PyResult<Vec<String>> {
        let cards = self.models.iter().map(|model| serde_json::to_string(model.card()));
        let cards: Result<Vec<String>, _> = cards.collect();
        Ok(cards.map_err(|error| Refusal::new(format!("a card cannot be written: {error}")))?)
    }

    /// The model file of each series, as the command reads it; a series without a name is called `name`.
    fn files<'py>(&self, py: Python<'py>, name: &str) -> Vec<(String, Bound<'py, PyBytes>)> {
        let file = |(own, model): (&String, &Model)| {
            let own = if own.is_empty() { name } else { own };
            let file = ModelFile {
                version: MODEL_VERSION,
                title: model.card().title(own),
                payload: model.to_bytes(),
            };
            (own.to_owned(), PyBytes::new(py, &encode(&file)))
        };
        self.histories.names.iter().zip(self.models.iter()).map(file).collect()
    }

    /// Reads model files, each with the name of its file; one alone has a series without a name.
    #[staticmethod]
    fn of_files(files: Vec<(String, Vec<u8>)>, columns: (String, String)) -> PyResult<Self> {
        let read = files.iter().map(|(path, bytes)| of_file(path, bytes));
        let (mut names, models): (Vec<String>, Vec<Model>) =
            read.collect::<Result<Vec<_>, Refusal>>()?.into_iter().unzip();
        let series: Vec<LoadSeries> = models.iter().map(|model| model.recent().clone()).collect();
        let zone = models.first().map_or(chrono_tz::Tz::UTC, |model| model.calendar().zone);
        let times = Times { unit: Unit::Microsecond, tz: None, zone };
        // A series without a name is saved under that of its file.
        let file = files.first().and_then(|(path, _)| Path::new(path).file_name());
        let unnamed = names.len() == 1 && file.is_some_and(|file| *file == *names[0]);
        let columns = if unnamed { (String::new(), columns.1) } else { columns };
        if unnamed {
            names = vec![String::new()];
        }
        let series = Arc::new(series);
        let histories = Histories { names, series, times, numbered: false, columns };
        Ok(Self { histories, models: Arc::new(models) })
    }

    /// Everything, as bytes that this version reads back.
    fn dump<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| {
            let models = self.models.iter().map(Model::to_bytes).collect();
            postcard::to_allocvec(&Stored { histories: self.histories.clone(), models })
        });
        let bytes = bytes.map_err(|error| Refusal::new(format!("cannot be pickled: {error}")))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Reads what `dump` wrote.
    #[staticmethod]
    fn undump(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let read = py.detach(|| {
            let stored: Stored = postcard::from_bytes(bytes).map_err(|error| {
                Refusal::new(format!("this was pickled by another version of forescale: {error}"))
                    .hint("use save and load between versions")
            })?;
            let models = stored.models.iter().map(|bytes| Model::from_bytes(bytes));
            let models = models.collect::<Result<Vec<Model>, _>>().map_err(Refusal::from)?;
            Ok::<_, Refusal>(Self { histories: stored.histories, models: Arc::new(models) })
        });
        Ok(read?)
    }
}

impl Fits {
    /// The model and the history of the series called `name`, or of the only one.
    pub fn one(&self, name: Option<&str>) -> Result<(&str, &Model, &LoadSeries), Refusal> {
        let (name, series) = self.histories.one(name)?;
        let at = self.histories.names.iter().position(|known| known == name).unwrap_or_default();
        Ok((name, &self.models[at], series))
    }

    /// What came after the training moves weights and intervals, in a copy that lives for this forecast alone.
    fn forecast_newer(
        &self,
        name: &str,
        series: &LoadSeries,
        h: usize,
    ) -> Result<Forecast, Refusal> {
        let (_, model, _) = self.one(Some(name).filter(|_| self.models.len() > 1))?;
        let mut model = Model::from_bytes(&model.to_bytes())?;
        model.observe(series);
        forecast(&model, series, h)
    }
}

fn trained(
    learning: &Learning,
    histories: &Histories,
    at: usize,
    h: usize,
) -> Result<Model, Refusal> {
    let series = &histories.series[at];
    let span = span_of(series.frequency(), h)?;
    let threads = work::threads_for_each(histories.names.len(), learning.threads);
    let options = EngineOptions { threads, ..learning.engine(series, span)? };
    Ok(train(series, &options)?)
}

/// The span of `h` steps.
pub fn span_of(step: Frequency, h: usize) -> Result<TimeDelta, Refusal> {
    let steps = steps_of(h)?;
    Ok(TimeDelta::seconds(step.seconds().saturating_mul(steps.steps() as i64)))
}

fn steps_of(h: usize) -> Result<Horizon, Refusal> {
    let hint = "pass how many steps to forecast, h=24 say";
    Horizon::new(h).map_err(|error| Refusal::from(error).hint(hint))
}

/// `h` steps after the end of `series`, at the quantiles that every answer is derived from.
pub fn forecast(model: &Model, series: &LoadSeries, h: usize) -> Result<Forecast, Refusal> {
    let steps = steps_of(h)?;
    Ok(model.forecast(series, steps, &Quantiles::standard())?)
}

fn of_file(path: &str, bytes: &[u8]) -> Result<(String, Model), Refusal> {
    let file = decode(bytes, MODEL_VERSION)
        .map_err(|problem| Refusal::new(format!("{path} {problem}")).hint(problem.hint()))?;
    let model = Model::from_bytes(&file.payload)
        .map_err(|error| Refusal::new(format!("{path}: {error}")).hint("train the model again"))?;
    // The title holds the name and the span of the history.
    let name = file.title.rsplit_once(", ").map_or(file.title.as_str(), |(name, _)| name);
    Ok((name.to_owned(), model))
}
