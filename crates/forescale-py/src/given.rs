//! Settings as Python hands them over: each is read by its name, and named when it cannot be.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Error;

use crate::failure::Refusal;

/// What a type is called by serde, and by people who write Python.
const WORDS: [(&str, &str); 8] = [
    ("f64", "a number"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number of 0 or more"),
    ("usize", "a whole number of 0 or more"),
    ("a string", "text"),
    ("a boolean", "True or False"),
    ("a sequence", "a list"),
    ("struct LifecycleSettings", "a dict"),
];

/// The settings of one call.
#[derive(Debug)]
pub struct Given(Value);

impl Given {
    /// Takes them as JSON.
    pub fn new(json: &str) -> Result<Self, Refusal> {
        let read = serde_json::from_str(json);
        let read = read.map_err(|error| Refusal::new(format!("the settings are no JSON: {error}")));
        Ok(Self(read?))
    }

    /// Those that `T` knows; others are left to others. No part is flattened into another: serde would lose the names.
    pub fn part<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_path_to_error::deserialize(&self.0).map_err(|error| refusal(&error))
    }
}

/// Reads settings that are one part.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, Refusal> {
    Given::new(json)?.part()
}

fn refusal(error: &Error<serde_json::Error>) -> Refusal {
    let (name, text) = (error.path().to_string(), error.inner().to_string());
    let what = if let Some(name) = text.strip_prefix("missing field ") {
        format!("{} should be given, but is None", name.trim_matches('`'))
    } else if let Some((got, expected)) = typed(&text) {
        format!("{name} should be {expected}, but is {got}")
    } else {
        format!("{name}: {text}")
    };
    Refusal::new(what).hint("see help() of the function for what each setting means")
}

/// What was got and what was expected, where a value is of another type: `invalid type: string "50", expected f64`.
fn typed(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    let (got, expected) = text?.rsplit_once(", expected ")?;
    let known = WORDS.iter().find(|(word, _)| *word == expected);
    Some((got, known.map_or(expected, |(_, words)| words)))
}
