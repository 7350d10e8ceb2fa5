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

use crate::answers;
use crate::failure::Refusal;
use crate::forecasts::{self, Levels};
use crate::given;
use crate::histories::{Histories, History};
use crate::settings::Learning;
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

/// How a frame is written.
#[derive(Debug, Serialize, Deserialize)]
struct Frame {
    columns: (String, String),
    times: Times,
    numbered: bool,
}

/// The name of a series, its model file, and the card beside it.
type File<'py> = (String, Bound<'py, PyBytes>, String);

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
        let learning: Learning = given::read(settings)?;
        learning.check()?;
        let count = histories.names.len();
        let models = work::each(py, count, learning.threads, progress, |at| {
            trained(&learning, histories, at, h).map_err(|error| error.of(&histories.names[at]))
        })?;
        Ok(Self { histories: histories.clone(), models: Arc::new(models) })
    }

    /// Forecasts `h` steps after the end of each series, or of the newer series in `recent`.
    #[pyo3(signature = (h, level, recent=None, threads=None, progress=None))]
    fn predict(
        &self,
        py: Python<'_>,
        h: usize,
        level: Vec<f64>,
        recent: Option<&Histories>,
        threads: Option<usize>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Table> {
        let levels = Levels::new(&level)?;
        let histories = recent.unwrap_or(&self.histories);
        let made = work::each(py, histories.names.len(), threads, progress, |at| {
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
        let learning: Learning = given::read(settings)?;
        learning.check()?;
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
    fn cards(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(py.detach(|| self.models.iter().map(card).collect::<Result<_, Refusal>>())?)
    }

    /// The name, the model file and the card of each series, as the command keeps them; the file of a series without a
    /// name says `name`.
    fn files<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Vec<File<'py>>> {
        let file = |(own, model): (&String, &Model)| {
            let own = if own.is_empty() { name } else { own };
            let file = ModelFile {
                version: MODEL_VERSION,
                title: model.card().title(own),
                payload: model.to_bytes(),
            };
            Ok((encode(&file), card(model)?))
        };
        let names = &self.histories.names;
        let made = py.detach(|| {
            names.iter().zip(self.models.iter()).map(file).collect::<Result<Vec<_>, Refusal>>()
        })?;
        let bytes = |(name, (bytes, card)): (&String, (Vec<u8>, String))| {
            (name.clone(), PyBytes::new(py, &bytes), card)
        };
        Ok(names.iter().zip(made).map(bytes).collect())
    }

    /// How the frame was written that they were trained on, as JSON.
    fn frame(&self) -> PyResult<String> {
        let Histories { columns, times, numbered, .. } = self.histories.clone();
        let frame = serde_json::to_value(Frame { columns, times, numbered });
        let frame = frame
            .map_err(|error| Refusal::new(format!("the frame cannot be described: {error}")))?;
        answers::text(&frame)
    }

    /// Reads model files: the path of each, its bytes, and the name of its series where it is known. `frame` is how the
    /// frame was written; `folder` says that they are those of a folder, which have names even where there is one.
    #[staticmethod]
    #[pyo3(signature = (files, frame=None, folder=false))]
    fn of_files(
        py: Python<'_>,
        files: Vec<(String, Vec<u8>, Option<String>)>,
        frame: Option<&str>,
        folder: bool,
    ) -> PyResult<Self> {
        let frame: Option<Frame> = frame.map(given::read).transpose()?;
        Ok(py.detach(|| of_files(&files, frame, folder))?)
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
    pub fn one(&self, name: Option<&str>) -> Result<(History<'_>, &Model), Refusal> {
        let one = self.histories.one(name)?;
        let at = self.histories.names.iter().position(|known| known == one.name);
        Ok((one, &self.models[at.unwrap_or_default()]))
    }

    /// What came after the training moves weights and intervals, in a copy that lives for this forecast alone.
    fn forecast_newer(
        &self,
        name: &str,
        series: &LoadSeries,
        h: usize,
    ) -> Result<Forecast, Refusal> {
        let (_, model) = self.one(Some(name).filter(|_| self.models.len() > 1))?;
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

fn card(model: &Model) -> Result<String, Refusal> {
    serde_json::to_string_pretty(model.card())
        .map_err(|error| Refusal::new(format!("a card cannot be written: {error}")))
}

/// Without a `frame`, a single model under the name of its file has a series without a name: nobody named it.
fn of_files(
    files: &[(String, Vec<u8>, Option<String>)],
    frame: Option<Frame>,
    folder: bool,
) -> Result<Fits, Refusal> {
    let read = files.iter().map(|(path, bytes, name)| {
        let (title, model) = of_file(path, bytes)?;
        Ok::<_, Refusal>((name.clone().unwrap_or(title), model))
    });
    let (mut names, models): (Vec<String>, Vec<Model>) =
        read.collect::<Result<Vec<_>, Refusal>>()?.into_iter().unzip();
    let frame = frame.unwrap_or_else(|| {
        let file = files.first().and_then(|(path, ..)| Path::new(path).file_name());
        let unnamed = !folder && file.is_some_and(|file| *file == *names[0]);
        if unnamed {
            names = vec![String::new()];
        }
        let column = if unnamed { "" } else { "unique_id" };
        let zone = models.first().map_or(chrono_tz::Tz::UTC, |model| model.calendar().zone);
        Frame {
            columns: (column.to_owned(), "ds".to_owned()),
            times: Times { unit: Unit::Microsecond, tz: None, zone },
            numbered: false,
        }
    });
    let Frame { columns, times, numbered } = frame;
    let series = Arc::new(models.iter().map(|model| model.recent().clone()).collect());
    let readings = Arc::default();
    let histories = Histories { names, series, times, numbered, columns, readings };
    Ok(Fits { histories, models: Arc::new(models) })
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
