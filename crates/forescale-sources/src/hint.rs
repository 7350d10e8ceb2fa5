//! The way out of each error, as the command line shows it below the message.

use crate::error::{Place, Role, SourceError};

impl SourceError {
    /// What to do about it, if there is something to say beyond the message.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unavailable { .. } => "check the path".into(),
            Self::Empty { .. } | Self::NoRows { .. } | Self::NoHeader { .. } => {
                "a load history looks like `timestamp,load` and below it `2026-01-05T00:00:00Z,42`"
                    .into()
            }
            Self::NoRates { .. } => {
                "`forescale plan --help` names the columns of every file".into()
            }
            Self::Unsupported { .. } => "export it as CSV in UTF-8, or as Parquet".into(),
            Self::Malformed { what, .. } if what.contains("line ") => {
                "write the file anew, or mend the line".into()
            }
            Self::Malformed { .. } => "write the file anew".into(),
            Self::MissingColumn { role: Role::Series, .. } => {
                "leave out `--series`, or give the column of names the heading series".into()
            }
            Self::MissingColumn { role, .. } => format!("name it with `{} COLUMN`", role.flag()),
            Self::UnknownColumn { role: Role::Event, .. } => {
                "a calendar of events has the columns start,end,kind and, if you like, factor"
                    .into()
            }
            Self::UnknownColumn { role: Role::Rates, .. } => {
                "`forescale plan --help` names the columns of every file".into()
            }
            Self::UnknownColumn { role, wanted, have, .. } => {
                pick(wanted, have, &format!("name one of them with `{}`", role.flag()))
            }
            Self::AmbiguousColumn { role, have, .. } => {
                format!("choose one, for example `{} {}`", role.flag(), quoted(&have[0]))
            }
            Self::UnknownSeries { wanted, have, .. } => {
                pick(wanted, have, "name one of them with `--series`")
            }
            Self::AmbiguousSeries { have, .. } => {
                format!("choose one, for example `--series {}`", quoted(&have[0]))
            }
            Self::Value { place, value, expected, .. } => value_hint(*place, value, expected)?,
            Self::NoLoad { .. } => "choose another column with `--load`".into(),
            Self::StepTooFine { native, .. } => {
                format!("pass `--step {native}` or a coarser one: load is never interpolated")
            }
            Self::StepTooLong { .. } => {
                "a load history needs samples at least every 28 days".into()
            }
            Self::TooSparse { .. } => {
                "remove the stray timestamps, or pass a coarser `--step`".into()
            }
            Self::Model { problem, .. } => problem.hint().into(),
            Self::Write { .. } => "check the folder, its permissions and the free space".into(),
            Self::UnknownScenario { wanted, have } => pick(wanted, have, "choose one of them"),
        };
        Some(hint)
    }
}

fn value_hint(place: Place, value: &str, expected: &str) -> Option<String> {
    let decimal_comma = value.contains(',')
        && value.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '-' | '+' | '.'));
    if expected.contains("number") && decimal_comma {
        return Some("write decimals with a point and no thousands separator: 3.5".into());
    }
    let day_first = expected.contains("timestamp")
        && value.split(['/', '.']).next().is_some_and(|part| matches!(part.len(), 1 | 2));
    if day_first && value.contains(['/', '.']) {
        return Some("dates are written year first: 2026-01-31".into());
    }
    match place {
        Place::Line(line) => Some(format!("mend or remove line {line}")),
        Place::Row(_) => None,
    }
}

/// `did you mean X?` when a name is close, else `otherwise`.
fn pick(wanted: &str, have: &[String], otherwise: &str) -> String {
    match closest(wanted, have) {
        Some(name) => format!("did you mean {}?", quoted(name)),
        None => otherwise.to_owned(),
    }
}

/// The name most like `wanted`, if one is like it at all.
fn closest<'a>(wanted: &str, have: &'a [String]) -> Option<&'a String> {
    const ALIKE: f64 = 0.75;
    let wanted = wanted.to_lowercase();
    let score = |name: &String| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    let best = have.iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    (score(best) >= ALIKE).then_some(best)
}

fn quoted(name: &str) -> String {
    if name.contains(char::is_whitespace) { format!("{name:?}") } else { name.to_owned() }
}
