//! `forescale train`: a model and its card, in files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Context;
use crate::args::TrainArgs;
use crate::failure::Failure;
use crate::output::{Answer, card};
use crate::{calendar, engine, input, store};

/// Trains, writes, and prints the card.
pub fn run(args: &TrainArgs, mut context: Context) -> Result<(), Failure> {
    let path = args.model.clone().unwrap_or_else(|| conventional(&args.input));
    store::guard(&path)?;
    let read = input::read(&args.input, &args.reading, None, &context)?;
    let calendar = Arc::new(calendar::read(&args.reading.service, &read.series, None)?);
    let series = input::known(&read.series, &args.reading, calendar.zone, &mut context)?;
    let model = engine::train(&series, &args.engine, args.horizon, &calendar, &context)?;
    store::save(&path, &model, &stem(&args.input))?;
    calendar::record(&calendar, &mut context);
    let mut warnings = read.warnings;
    warnings.extend(input::stale(&read.series, &series));
    warnings.extend(model.card().degraded.iter().cloned());
    context.terminal.warn_all(&warnings);
    let card = model.card();
    let answer = Answer {
        name: "model",
        settings: context.settings.into(),
        data: read.data,
        result: store::described(card, &path),
        more: Vec::new(),
        frame: card::frame(card),
        warnings,
    };
    answer.print(context.form, |_| format!("{}\nmodel in {}\n", card::human(card), path.display()))
}

/// `models/` and the name of the history.
fn conventional(history: &str) -> PathBuf {
    Path::new("models").join(stem(history))
}

/// The name of a history's file without its endings.
fn stem(history: &str) -> String {
    let file = Path::new(history).file_name().map(|name| name.to_string_lossy().into_owned());
    let name = file.filter(|_| history != "-").unwrap_or_default();
    let stem = name.split('.').find(|part| !part.is_empty());
    stem.unwrap_or("model").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_named_after_its_history() {
        assert_eq!(conventional("data/shop.csv.gz"), Path::new("models/shop"));
        assert_eq!(conventional("-"), Path::new("models/model"));
    }
}
