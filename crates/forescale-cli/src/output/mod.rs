//! Results on standard output, in the form that was asked for.

use std::io::Write;

use serde_json::{Map, Value};

use crate::args::OutputForm;
use crate::failure::Failure;

pub mod advised;
pub mod apply;
mod aws;
pub mod card;
pub mod decided;
pub mod fleet;
pub mod frame;
pub mod outcomes;
pub mod picture;
pub mod recommendations;
pub mod replayed;
pub mod table;
pub mod weighed;

use frame::Frame;

/// A result with everything that is said about it.
#[derive(Debug)]
pub struct Answer {
    /// The name of the result in the object: `forecast`, `recommendations`, ...
    pub name: &'static str,
    /// Everything that repeats the run.
    pub settings: Value,
    /// What was read and mended.
    pub data: Value,
    /// The result.
    pub result: Value,
    /// More named results.
    pub more: Vec<(&'static str, Value)>,
    /// The result as rows.
    pub frame: Frame,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

impl Answer {
    /// Writes the result; `human` makes the form for people.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print(
        self,
        form: OutputForm,
        human: impl FnOnce(&Self) -> String,
    ) -> Result<(), Failure> {
        let bytes = match form {
            OutputForm::Table => human(&self).into_bytes(),
            OutputForm::Csv => self.frame.csv().into_bytes(),
            OutputForm::Parquet => crate::parquet::bytes(&self.frame)?,
            OutputForm::Json => json(&self.object())?,
            OutputForm::Yaml => yaml(&self.object())?,
        };
        write(&bytes)
    }

    fn object(self) -> Value {
        let mut object = Map::new();
        object.insert("settings".to_owned(), self.settings);
        object.insert("data".to_owned(), self.data);
        object.insert(self.name.to_owned(), self.result);
        for (name, value) in self.more {
            object.insert(name.to_owned(), value);
        }
        object.insert("warnings".to_owned(), self.warnings.into());
        tidied(Value::Object(object))
    }
}

/// Writes bytes to standard output.
///
/// # Errors
/// When they cannot be written; quietly when the reader has gone.
pub fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(())
}

fn json(value: &Value) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec_pretty(value).map_err(std::io::Error::from)?;
    text.push(b'\n');
    Ok(text)
}

fn yaml(value: &Value) -> Result<Vec<u8>, Failure> {
    let text = serde_saphyr::to_string(value)
        .map_err(|error| Failure::failed(format!("cannot write the result as YAML: {error}")))?;
    Ok(text.into_bytes())
}

/// The same value with every number cut to what it can mean.
pub fn tidied(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map(frame::tidy).map_or(Value::Null, Value::from)
        }
        Value::Array(items) => items.into_iter().map(tidied).collect(),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, tidied(value))).collect())
        }
        other => other,
    }
}
