//! The settings of a policy: `key=value` in, checked, and all of them out again, so that a run can be repeated.

use chrono::TimeDelta;
use forescale_core::parse_span;
use forescale_core::time::format_span;

use crate::policies::error::PolicyError;

/// `key=value` pairs as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given(Vec<(String, String)>);

impl Given {
    /// Reads `key=value,key=value`. A comma within parentheses or before something that is no `key=` belongs to the
    /// value.
    ///
    /// # Errors
    /// [`PolicyError::Form`] when a value has no key.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for piece in outer_commas(text) {
            match (piece.split_once('='), pairs.last_mut()) {
                (Some((key, value)), _) if is_key(key.trim()) => {
                    pairs.push((key.trim().to_owned(), value.trim().to_owned()));
                }
                (_, Some((_, value))) => *value = format!("{value},{piece}"),
                (_, None) if piece.trim().is_empty() => {}
                (_, None) => return Err(PolicyError::Form(text.to_owned())),
            }
        }
        Ok(Self(pairs))
    }

    /// The pairs in the order in which they were given.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

fn is_key(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(fits)
}

/// What stands between the commas that are in no parentheses.
fn outer_commas(text: &str) -> Vec<&str> {
    let (mut depth, mut from, mut pieces) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                pieces.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[from..]);
    pieces
}

/// All settings of a policy, in the order of its list of keys.
pub type Settings = Vec<(&'static str, String)>;

/// A setting within the settings of a policy, and what may stand in it.
#[derive(Debug)]
pub enum Field<'a> {
    /// Above 0 and at most 1, or as percent: `0.1%`.
    Share(&'a mut f64),
    /// A finite number from the first to the second, both included.
    Number(&'a mut f64, f64, f64),
    /// A whole number from the first to the second, both included.
    Count(&'a mut u32, u32, u32),
    /// A whole number, or `auto` for what the policy finds itself.
    AutoCount(&'a mut Option<u32>),
    /// Seconds, written as a span; 0 is allowed.
    Span(&'a mut f64),
    /// `true` or `false`.
    Flag(&'a mut bool),
    /// One of a few words.
    Choice(&'a mut &'static str, &'static [&'static str]),
    /// Any text; what it should be is checked by the policy.
    Text(&'a mut String),
}

impl Field<'_> {
    /// Takes `text` in; when it does not fit, gives what would.
    fn read(self, text: &str) -> Result<(), String> {
        match self {
            Self::Share(value) => {
                let percent = text.strip_suffix('%').map(|number| number.trim_end().parse::<f64>());
                let share =
                    percent.map_or_else(|| text.parse(), |number| number.map(|n| n / 100.0));
                let share = share.ok().filter(|share| *share > 0.0 && *share <= 1.0);
                *value = share.ok_or("above 0 and at most 1, or like 0.1%")?;
            }
            Self::Number(value, least, most) => {
                let number = text.parse().ok().filter(|number| (least..=most).contains(number));
                *value = number.ok_or_else(|| format!("a number from {least} to {most}"))?;
            }
            Self::Count(value, least, most) => {
                let count = text.parse().ok().filter(|count| (least..=most).contains(count));
                *value = count.ok_or_else(|| format!("a whole number from {least} to {most}"))?;
            }
            Self::AutoCount(value) => {
                *value = match text {
                    "auto" => None,
                    _ => Some(text.parse().map_err(|_| "a whole number or auto")?),
                }
            }
            Self::Span(value) => {
                let span = if matches!(text, "0" | "0s") {
                    Ok(TimeDelta::zero())
                } else {
                    parse_span(text).map_err(|_| "a span like 300s, 5m or 0s")
                };
                *value = span?.num_seconds() as f64;
            }
            Self::Flag(value) => {
                *value = text.parse().map_err(|_| "true or false")?;
            }
            Self::Choice(value, words) => {
                let word = words.iter().find(|word| **word == text);
                *value = word.ok_or_else(|| format!("one of {}", words.join(", ")))?;
            }
            Self::Text(value) => text.clone_into(value),
        }
        Ok(())
    }

    fn write(self) -> String {
        match self {
            Self::Share(value) | Self::Number(value, ..) => value.to_string(),
            Self::Count(value, ..) => value.to_string(),
            Self::AutoCount(value) => value.map_or("auto".to_owned(), |count| count.to_string()),
            Self::Span(value) => format_span(TimeDelta::seconds(*value as i64)),
            Self::Flag(value) => value.to_string(),
            Self::Choice(value, _) => (*value).to_owned(),
            Self::Text(value) => value.clone(),
        }
    }
}

/// One key of a policy.
#[derive(Debug)]
pub struct Key<S> {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Where its value stands.
    pub field: fn(&mut S) -> Field<'_>,
}

/// A row of [`Keys::KEYS`](crate::policies::Keys::KEYS): name, field, what it does, and the
/// [`Field`](crate::policies::Field) with its bounds. `Key` and `Field` should be in scope.
#[macro_export]
macro_rules! key {
    ($name:literal, $field:ident, $about:literal, $kind:ident $(, $argument:expr)*) => {
        Key { name: $name, about: $about, field: |s| Field::$kind(&mut s.$field $(, $argument)*) }
    };
}

pub(crate) use key;

/// Settings with a list of keys.
pub trait Keys: Clone + Default + std::fmt::Debug + Send + 'static {
    /// Every key, in the order in which they are printed.
    const KEYS: &'static [Key<Self>];
}

/// A key as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// The value when none is given.
    pub default: String,
}

/// The defaults with what was given put over them.
pub(crate) fn read<S: Keys>(policy: &'static str, given: &Given) -> Result<S, PolicyError> {
    let mut settings = S::default();
    for (i, (name, text)) in given.pairs().iter().enumerate() {
        let key = S::KEYS.iter().find(|key| key.name == name).ok_or_else(|| PolicyError::Key {
            policy,
            key: name.clone(),
            known: S::KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", "),
        })?;
        if given.pairs()[..i].iter().any(|(earlier, _)| earlier == name) {
            return Err(PolicyError::Twice { policy, key: name.clone() });
        }
        (key.field)(&mut settings).read(text).map_err(|expected| PolicyError::Value {
            policy,
            key: key.name,
            expected,
            value: text.clone(),
        })?;
    }
    Ok(settings)
}

/// Every setting as text that [`read`] takes.
pub(crate) fn write<S: Keys>(settings: &S) -> Settings {
    let mut settings = settings.clone();
    S::KEYS.iter().map(|key| (key.name, (key.field)(&mut settings).write())).collect()
}

/// Every key with its default.
pub(crate) fn describe<S: Keys>() -> Vec<KeyInfo> {
    let mut defaults = S::default();
    let info = |key: &Key<S>| KeyInfo {
        name: key.name,
        about: key.about,
        default: (key.field)(&mut defaults).write(),
    };
    S::KEYS.iter().map(info).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Example {
        target: f64,
        window: f64,
        n: Option<u32>,
        mode: &'static str,
        text: String,
    }

    impl Default for Example {
        fn default() -> Self {
            let text = String::new();
            Self { target: 0.6, window: 300.0, n: None, mode: "average", text }
        }
    }

    impl Keys for Example {
        const KEYS: &'static [Key<Self>] = &[
            Key { name: "target", about: "", field: |s| Field::Share(&mut s.target) },
            Key { name: "window", about: "", field: |s| Field::Span(&mut s.window) },
            Key { name: "n", about: "", field: |s| Field::AutoCount(&mut s.n) },
            Key {
                name: "mode",
                about: "",
                field: |s| Field::Choice(&mut s.mode, &["average", "max"]),
            },
            Key { name: "text", about: "", field: |s| Field::Text(&mut s.text) },
        ];
    }

    fn example(text: &str) -> Result<Example, PolicyError> {
        read("example", &Given::parse(text)?)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let settings = example("target=75%,window=1h30m, n=7,mode=max,text=max(a,b=1), 3").unwrap();
        assert_eq!(settings.text, "max(a,b=1), 3");
        let written = write(&settings);
        let texts: Vec<&str> = written.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["0.75", "1h30m", "7", "max", "max(a,b=1), 3"]);
        let line: Vec<String> = written.iter().map(|(key, text)| format!("{key}={text}")).collect();
        assert_eq!(example(&line.join(",")).unwrap(), settings);
        assert_eq!(example("").unwrap(), Example::default());
    }

    #[test]
    fn errors_name_the_key_and_what_is_expected() {
        for (text, message) in [
            ("0.6", "settings of a policy should look like key=value,key=value, but are \"0.6\""),
            ("goal=1", "example has no setting \"goal\"; it has target, window, n, mode, text"),
            (
                "target=1.2",
                "target of example should be above 0 and at most 1, or like 0.1%, but is \"1.2\"",
            ),
            (
                "target=NaN",
                "target of example should be above 0 and at most 1, or like 0.1%, but is \"NaN\"",
            ),
            ("n=-1", "n of example should be a whole number or auto, but is \"-1\""),
            ("mode=least", "mode of example should be one of average, max, but is \"least\""),
            ("window=x", "window of example should be a span like 300s, 5m or 0s, but is \"x\""),
            ("n=1,n=2", "example should be given \"n\" once, but is given it twice"),
        ] {
            assert_eq!(example(text).unwrap_err().to_string(), message);
        }
    }
}
