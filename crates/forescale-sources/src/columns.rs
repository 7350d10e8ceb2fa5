//! Which column holds the time, which the load, which the name of the series.
//!
//! A column that is named by an option goes first, then one with a well-known name, then the only one whose first
//! rows look right. When several could be meant, the answer is an error that lists them, never a guess.

use crate::error::{Role, SourceError};

/// What the first rows say about a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    pub name: String,
    /// Its values read as dates.
    pub dates: bool,
    /// Its values read as Unix times of the last decades.
    pub unix: bool,
    /// Its values read as loads, and one at least is a number.
    pub numbers: bool,
    /// It has values, and none of them reads as a load.
    pub words: bool,
}

/// What the user asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub time: Option<&'a str>,
    pub loads: &'a [String],
    pub series: Option<&'a str>,
    pub several: Several,
}

/// Whether several load columns are taken, all of them when none is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Several {
    Never,
    /// Where no column names the series.
    Wide,
    Always,
}

/// The chosen columns, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roles {
    pub time: usize,
    pub loads: Vec<usize>,
    pub series: Option<usize>,
}

const TIME_NAMES: &[&str] = &[
    "timestamp",
    "time",
    "ts",
    "ds",
    "datetime",
    "date",
    "date_time",
    "_time",
    "timestamp_utc",
    "time_utc",
    "utc",
    "epoch",
    "unix",
    "unixtime",
    "unix_time",
];

const SERIES_NAMES: &[&str] = &[
    "series",
    "unique_id",
    "series_id",
    "item_id",
    "service",
    "host",
    "instance",
    "pod",
    "metric",
];

const LOAD_NAMES: &[&str] = &["load", "value", "y", "target"];

/// Names that tell a load from its companions (errors, latency), when there is one of them.
const LIKELY_LOAD_NAMES: &[&str] = &[
    "requests",
    "request_count",
    "requests_per_second",
    "requests_per_minute",
    "rps",
    "qps",
    "rpm",
    "throughput",
    "demand",
    "traffic",
];

/// Names that exporters give to a running number of the rows.
const INDEX_NAMES: &[&str] = &["", "index", "unnamed: 0"];

/// Chooses the columns of `name`.
///
/// # Errors
/// A column that is not there, none that fits, or several that do.
pub(crate) fn choose(
    profiles: &[Profile],
    wanted: Wanted<'_>,
    name: &str,
) -> Result<Roles, SourceError> {
    let columns = Columns { profiles, name };
    let time = columns.time(wanted.time)?;
    let series = columns.series(wanted, time)?;
    let loads = columns.loads(wanted, time, series)?;
    Ok(Roles { time, loads, series })
}

struct Columns<'a> {
    profiles: &'a [Profile],
    name: &'a str,
}

impl Columns<'_> {
    fn time(&self, wanted: Option<&str>) -> Result<usize, SourceError> {
        if let Some(wanted) = wanted {
            return self.named(wanted, Role::Time);
        }
        let likely = self.known(TIME_NAMES, &[]).first().copied();
        let dates = || self.profiles.iter().position(|profile| profile.dates);
        let unix = || self.profiles.iter().position(|profile| profile.unix);
        let only_two = self.profiles.len() == 2;
        likely
            .or_else(dates)
            .or_else(|| unix().filter(|_| only_two))
            .ok_or_else(|| self.missing(Role::Time))
    }

    fn series(&self, wanted: Wanted<'_>, time: usize) -> Result<Option<usize>, SourceError> {
        let mut taken = vec![time];
        for load in wanted.loads {
            taken.push(self.named(load, Role::Load)?);
        }
        let series = self.known(SERIES_NAMES, &taken).first().copied();
        if wanted.series.is_some() && series.is_none() {
            return Err(self.missing(Role::Series));
        }
        Ok(series)
    }

    fn loads(
        &self,
        wanted: Wanted<'_>,
        time: usize,
        series: Option<usize>,
    ) -> Result<Vec<usize>, SourceError> {
        let mut taken = vec![time];
        taken.extend(series);
        let several = match wanted.several {
            Several::Never => false,
            Several::Wide => series.is_none(),
            Several::Always => true,
        };
        let candidates = match wanted.loads {
            [] => self.likely_loads(several, &taken),
            names => names.iter().map(|n| self.named(n, Role::Load)).collect::<Result<_, _>>()?,
        };
        match candidates.len() {
            0 => Err(self.missing(Role::Load)),
            1 => Ok(candidates),
            _ if several => Ok(candidates),
            _ => Err(SourceError::AmbiguousColumn {
                name: self.name.to_owned(),
                role: Role::Load,
                have: candidates.iter().map(|&at| self.profiles[at].name.clone()).collect(),
            }),
        }
    }

    /// The columns that may hold the load: one by its name, or all that hold numbers. A name counts where some values are
    /// no numbers, too: those are an error of their rows.
    fn likely_loads(&self, several: bool, taken: &[usize]) -> Vec<usize> {
        let free: Vec<usize> = (0..self.profiles.len()).filter(|at| !taken.contains(at)).collect();
        let words = |at: &usize| self.profiles[*at].words;
        let holds_numbers = |at: &usize| self.profiles[*at].numbers && !self.is_index(*at);
        let known = self.known(LOAD_NAMES, taken);
        let likely = self.known(LIKELY_LOAD_NAMES, taken);
        if several {
            let named = |at: &usize| (known.contains(at) || likely.contains(at)) && !words(at);
            let all = free.iter().copied().filter(|at| holds_numbers(at) || named(at));
            let all: Vec<usize> = all.collect();
            if !all.is_empty() {
                return all;
            }
        }
        let readable = known.iter().find(|at| !words(at));
        if let Some(&load) = readable.or(known.first().filter(|_| likely.iter().all(words))) {
            return vec![load];
        }
        let numbers: Vec<usize> = free.iter().copied().filter(holds_numbers).collect();
        match (likely.len(), numbers.len(), free.len()) {
            (1, _, _) => likely,
            (_, 0, 1) => free,
            _ => numbers,
        }
    }

    /// Free columns with one of these names, in the order of the names.
    fn known(&self, names: &[&str], taken: &[usize]) -> Vec<usize> {
        let position = |name: &&str| {
            let mut columns = self.profiles.iter().enumerate();
            let found = columns.find(|(at, p)| !taken.contains(at) && alike(&p.name, name));
            found.map(|(at, _)| at)
        };
        names.iter().filter_map(position).collect()
    }

    /// The one column with this name, exactly or else without regard to case.
    fn named(&self, wanted: &str, role: Role) -> Result<usize, SourceError> {
        let places = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
            (0..self.profiles.len()).filter(|&at| same(&self.profiles[at].name)).collect()
        };
        let mut found = places(&|name| name == wanted);
        if found.is_empty() {
            found = places(&|name| alike(name, wanted));
        }
        match found[..] {
            [at] => Ok(at),
            [] => Err(SourceError::UnknownColumn {
                name: self.name.to_owned(),
                role,
                wanted: wanted.to_owned(),
                have: self.names(),
            }),
            _ => {
                let what = format!("has {} columns named {wanted:?}", found.len());
                Err(SourceError::malformed(self.name, what))
            }
        }
    }

    fn is_index(&self, at: usize) -> bool {
        INDEX_NAMES.iter().any(|name| alike(&self.profiles[at].name, name))
    }

    fn names(&self) -> Vec<String> {
        self.profiles.iter().map(|profile| profile.name.clone()).collect()
    }

    fn missing(&self, role: Role) -> SourceError {
        SourceError::MissingColumn { name: self.name.to_owned(), role, have: self.names() }
    }
}

fn alike(name: &str, wanted: &str) -> bool {
    name.trim().eq_ignore_ascii_case(wanted.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: Profile = holding(true, false);
    const SPOILT: Profile = holding(false, false);
    const WORDS: Profile = holding(false, true);

    const fn holding(numbers: bool, words: bool) -> Profile {
        Profile { name: String::new(), dates: false, unix: false, numbers, words }
    }

    /// The names of the load columns among `columns`, which come after `unique_id` and `ds`.
    fn loads(several: Several, columns: &[(&str, Profile)]) -> Result<String, SourceError> {
        let named = |(name, profile): &(&str, Profile)| Profile {
            name: (*name).to_owned(),
            ..profile.clone()
        };
        let long = [("unique_id", WORDS), ("ds", Profile { dates: true, ..WORDS })];
        let profiles: Vec<Profile> = long.iter().chain(columns).map(named).collect();
        let wanted = Wanted { time: None, loads: &[], series: None, several };
        let roles = choose(&profiles, wanted, "f.csv")?;
        let names = roles.loads.iter().map(|&at| profiles[at].name.as_str());
        Ok(names.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_name_counts_where_a_value_is_no_number() {
        for several in [Several::Never, Several::Wide] {
            let one = |columns: &[_]| loads(several, columns).unwrap();
            assert_eq!(one(&[("y", SPOILT)]), "y");
            assert_eq!(one(&[("celsius", NUMBERS), ("y", SPOILT)]), "y");
            assert_eq!(one(&[("celsius", NUMBERS), ("rps", SPOILT)]), "rps");
            assert_eq!(one(&[("y", WORDS)]), "y", "its rows say what is wrong with it");
        }
        let all = loads(Several::Always, &[("celsius", NUMBERS), ("y", SPOILT)]);
        assert_eq!(all.as_deref(), Ok("celsius y"));
    }

    #[test]
    fn words_are_no_load_where_another_column_is_named_like_one() {
        let one = |columns: &[_]| loads(Several::Wide, columns).unwrap();
        assert_eq!(one(&[("value", WORDS), ("y", NUMBERS)]), "y");
        assert_eq!(one(&[("target", WORDS), ("y", SPOILT)]), "y");
        assert_eq!(one(&[("target", WORDS), ("rps", NUMBERS)]), "rps");
        let none = loads(Several::Always, &[("color", WORDS), ("size", WORDS)]).unwrap_err();
        assert!(matches!(none, SourceError::MissingColumn { role: Role::Load, .. }), "{none}");
    }
}
