//! `forescale models`: the trained models of a folder.

use std::path::{Path, PathBuf};

use forescale_sources::model_file::{self, Listed};
use serde_json::{Value, json};

use super::Context;
use crate::args::{ModelsArgs, ModelsCommand};
use crate::failure::Failure;
use crate::input::source_failure;
use crate::output::frame::{Cells, Frame};
use crate::output::{Answer, card, table};
use crate::store;

/// Lists, shows or removes.
pub fn run(args: &ModelsArgs, context: Context) -> Result<(), Failure> {
    match &args.command {
        ModelsCommand::List => list(&args.dir, context),
        ModelsCommand::Show(named) => show(&path_of(&args.dir, &named.name)?, context),
        ModelsCommand::Remove(named) => remove(&path_of(&args.dir, &named.name)?, context),
    }
}

/// The file of a model: a plain name stays within its folder.
fn path_of(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && !name.chars().all(|c| c == '.');
    match plain {
        true => Ok(folder.join(name)),
        false => Err(Failure::usage(format!("{name:?} is no name of a model")).hint(
            "names hold letters, digits, dots, dashes and underscores; pass the folder with --dir",
        )),
    }
}

fn list(folder: &Path, context: Context) -> Result<(), Failure> {
    let models = model_file::list(folder, forescale::MODEL_VERSION).map_err(source_failure)?;
    let name = |listed: &Listed| {
        listed.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let about = |listed: &Listed| match &listed.model {
        Ok((_, title)) => title.clone(),
        Err(error) => format!("broken: {error}"),
    };
    let result: Vec<Value> = models
        .iter()
        .map(
            |listed| json!({ "name": name(listed), "bytes": listed.bytes, "about": about(listed) }),
        )
        .collect();
    let answer = Answer {
        name: "models",
        settings: context.settings.into(),
        data: json!({ "folder": folder.display().to_string() }),
        result: result.into(),
        more: Vec::new(),
        frame: Frame::default()
            .with("name", Cells::Text(models.iter().map(name).collect()))
            .with("bytes", Cells::Whole(models.iter().map(|listed| listed.bytes as i64).collect()))
            .with("about", Cells::Text(models.iter().map(about).collect())),
        warnings: Vec::new(),
    };
    answer.print(context.form, |_| {
        if models.is_empty() {
            return format!("no models in {}\n", folder.display());
        }
        let row = |listed: &Listed| {
            vec![name(listed), format!("{:.0} kB", listed.bytes as f64 / 1e3), about(listed)]
        };
        let headings = [("model", false), ("size", true), ("about", false)];
        table::table(&headings, models.iter().map(row).collect())
    })
}

fn show(path: &Path, context: Context) -> Result<(), Failure> {
    let model = store::load(path)?;
    let card = model.card();
    let answer = Answer {
        name: "model",
        settings: context.settings.into(),
        data: Value::Null,
        result: store::described(card, path),
        more: Vec::new(),
        frame: card::frame(card),
        warnings: card.degraded.clone(),
    };
    answer.print(context.form, |_| card::human(card))
}

fn remove(path: &Path, context: Context) -> Result<(), Failure> {
    if !path.exists() {
        return Err(Failure::unavailable(format!("{}: no such file", path.display()))
            .hint("forescale models list names those there are"));
    }
    if !store::is_model(path) {
        return Err(Failure::refused(format!("{} is no model", path.display()))
            .hint("only models are removed here"));
    }
    let card = store::card_path(path);
    for file in [path, card.as_path()].into_iter().filter(|file| file.exists()) {
        std::fs::remove_file(file).map_err(|error| {
            Failure::failed(format!("cannot remove {}: {error}", file.display()))
        })?;
    }
    context.terminal.say(&format!("removed {}", path.display()));
    Ok(())
}
