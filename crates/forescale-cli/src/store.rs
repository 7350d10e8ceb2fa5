//! Models in files, each with its card beside it.

use std::path::{Path, PathBuf};

use forescale::{MODEL_VERSION, Model, ModelCard};
use forescale_sources::{ModelFile, model_file, write_atomically};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::input::source_failure;

/// Reads a model.
///
/// # Errors
/// When it is not there, broken, or of another version.
pub fn load(path: &Path) -> Result<Model, Failure> {
    let file = model_file::read(path, MODEL_VERSION).map_err(source_failure)?;
    Model::from_bytes(&file.payload).map_err(|error| {
        Failure::failed(format!("{}: {error}", path.display()))
            .hint("another version of forescale wrote it: train the model again")
    })
}

/// Writes a model and its card, each whole or not at all.
///
/// # Errors
/// When a file cannot be written.
pub fn save(path: &Path, model: &Model, name: &str) -> Result<(), Failure> {
    let card = model.card();
    let file =
        ModelFile { version: MODEL_VERSION, title: card.title(name), payload: model.to_bytes() };
    model_file::write(path, &file).map_err(source_failure)?;
    let mut text = serde_json::to_vec_pretty(card).map_err(std::io::Error::from)?;
    text.push(b'\n');
    write_atomically(&card_path(path), &text).map_err(source_failure)
}

/// Refuses to overwrite what is no model; a broken model may be replaced by a whole one.
///
/// # Errors
/// When something else stands at `path`.
pub fn guard(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::usage(format!("{} is a folder", path.display()))
            .hint("pass the name of a file to --model"));
    }
    if path.exists() && !is_model(path) {
        return Err(Failure::refused(format!("{} is there and is no model", path.display()))
            .hint("pass another name to --model, or remove the file"));
    }
    Ok(())
}

/// Whether a model stands at `path`, whole or broken.
pub fn is_model(path: &Path) -> bool {
    model_file::is_model(path)
}

/// Where the card of a model stands: beside it.
pub fn card_path(model: &Path) -> PathBuf {
    let mut name = model.as_os_str().to_owned();
    name.push(".card.json");
    PathBuf::from(name)
}

/// The card with the file it belongs to.
pub fn described(card: &ModelCard, path: &Path) -> Value {
    let mut object = json!({ "file": path.display().to_string() });
    if let (Value::Object(object), Ok(Value::Object(card))) =
        (&mut object, serde_json::to_value(card))
    {
        object.extend(card);
    }
    object
}
