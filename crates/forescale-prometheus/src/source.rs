//! A Prometheus source as one string, as it stands on a command line.

use std::time::Duration;

use chrono::TimeDelta;
use forescale_core::{Frequency, parse_span};
use percent_encoding::percent_decode_str;

use crate::error::PrometheusError;
use crate::settings::{BasicAuth, Header, HeaderFile, Settings};

/// The schemes of a source and those of the server.
const SCHEMES: [(&str, &str); 3] = [
    ("prometheus://", "http://"),
    ("prometheus+http://", "http://"),
    ("prometheus+https://", "https://"),
];

/// The keys after the question mark.
const KEYS: [&str; 16] = [
    "query",
    "series-query",
    "range",
    "step",
    "multiplier",
    "timeout",
    "deadline",
    "max-bytes",
    "allow-partial",
    "min-coverage",
    "bearer-token-file",
    "basic-auth",
    "header",
    "header-file",
    "ca-file",
    "client-cert",
];

/// The keys that may come again, each time with another name.
const REPEATED: [&str; 2] = ["header", "header-file"];

/// What a value should be.
type Expected = &'static str;

impl Settings {
    /// Whether `text` is meant as a Prometheus source, so that it is no path.
    pub fn is_source(text: &str) -> bool {
        text.starts_with("prometheus:") || text.starts_with("prometheus+")
    }

    /// Reads `prometheus://HOST:PORT/PREFIX?query=PROMQL&range=28d&step=1m`, or `prometheus+https://...`.
    ///
    /// The query may be percent-encoded. It is taken as it stands when it holds a space, a quote or a bracket that
    /// encoding would have removed; a `+` always stands for itself. `&` inside double quotes belongs to the query.
    /// Secrets come from files: `bearer-token-file=FILE`, `basic-auth=USER:FILE`, `header-file=NAME:FILE`,
    /// `client-cert=CERT:KEY`. A header that is no secret, such as a tenant, is `header=NAME:VALUE`.
    ///
    /// # Errors
    /// [`PrometheusError::Source`] says what is wrong. It never repeats a value that could be a password.
    ///
    /// ```
    /// use forescale_prometheus::Settings;
    /// let settings = Settings::from_source(
    ///     "prometheus://localhost:9090?query=sum(rate(http_requests_total{job=\"shop\"}[5m]))&range=14d",
    /// )?;
    /// assert_eq!(settings.url, "http://localhost:9090");
    /// assert_eq!(settings.query, r#"sum(rate(http_requests_total{job="shop"}[5m]))"#);
    /// # Ok::<(), forescale_prometheus::PrometheusError>(())
    /// ```
    pub fn from_source(text: &str) -> Result<Self, PrometheusError> {
        let scheme = SCHEMES
            .iter()
            .find_map(|(scheme, http)| Some((text.strip_prefix(scheme)?, http)))
            .ok_or_else(|| wrong("should begin with prometheus:// or prometheus+https://"))?;
        let (rest, http) = scheme;
        let (server, pairs) = rest.split_once('?').unwrap_or((rest, ""));
        if server.contains('@') {
            return Err(wrong("should hold no user and no password"));
        }
        if server.is_empty() || server.starts_with('/') {
            return Err(wrong("should name a host, as in prometheus://localhost:9090?query=up"));
        }
        let mut settings = Self::new(format!("{http}{server}"), "");
        let mut seen = Vec::new();
        for pair in pairs_of(pairs) {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| wrong("should hold KEY=VALUE after the ?"))?;
            let known = KEYS.iter().find(|known| **known == key).ok_or_else(|| unknown(key))?;
            if seen.contains(known) && !REPEATED.contains(known) {
                return Err(PrometheusError::Source(format!("should hold {key} once")));
            }
            seen.push(known);
            settings.set(key, value).map_err(|expected| {
                PrometheusError::Source(format!("should hold {expected} as its {key}"))
            })?;
        }
        if settings.query.is_empty() {
            return Err(wrong(
                "should hold a query, as in ?query=sum(rate(http_requests_total[5m]))",
            ));
        }
        Ok(settings)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Expected> {
        let value = &decoded(value)?;
        match key {
            "query" => self.query.clone_from(value),
            "series-query" => self.series_query = Some(value.clone()),
            "range" => self.range = span(value)?,
            "step" => {
                let step = Frequency::from_seconds(span(value)?.num_seconds());
                self.step = step.map_err(|_| "a span from 1s to 28d")?;
            }
            "multiplier" => self.multiplier = value.parse().map_err(|_| "a number")?,
            "timeout" => self.timeout = duration(value)?,
            "deadline" => self.deadline = duration(value)?,
            "max-bytes" => self.max_bytes = value.parse().map_err(|_| "a whole number")?,
            "allow-partial" => self.allow_partial = value.parse().map_err(|_| "true or false")?,
            "min-coverage" => self.min_coverage = value.parse().map_err(|_| "a number")?,
            "bearer-token-file" => self.bearer_token_file = Some(value.into()),
            "basic-auth" => {
                let (user, password_file) = two(value, "USER:FILE")?;
                let (user, password_file) = (user.to_owned(), password_file.into());
                self.basic_auth = Some(BasicAuth { user, password_file });
            }
            "header" => {
                let (name, value) = two(value, "NAME:VALUE")?;
                if name.eq_ignore_ascii_case("authorization") {
                    return Err("no Authorization, which header-file takes from a file,");
                }
                self.add_header(name, Header::Value(value.trim().into()))?;
            }
            "header-file" => {
                let (name, file) = two(value, "NAME:FILE")?;
                self.add_header(name, Header::File(HeaderFile { file: file.into() }))?;
            }
            "ca-file" => self.ca_file = Some(value.into()),
            _ => {
                let (cert, key) = two(value, "CERT:KEY")?;
                (self.client_cert_file, self.client_key_file) =
                    (Some(cert.into()), Some(key.into()));
            }
        }
        Ok(())
    }

    fn add_header(&mut self, name: &str, value: Header) -> Result<(), Expected> {
        if self.headers.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err("each name once");
        }
        self.headers.insert(name.to_owned(), value);
        Ok(())
    }
}

fn wrong(what: &str) -> PrometheusError {
    PrometheusError::Source(what.to_owned())
}

/// A key that is not known; only what looks like a key is repeated.
fn unknown(key: &str) -> PrometheusError {
    let plain = key.len() <= 20 && key.bytes().all(|c| c.is_ascii_lowercase() || c == b'-');
    let named = if plain { format!(", not {key}") } else { String::new() };
    PrometheusError::Source(format!("should hold only the keys {}{named}", KEYS.join(", ")))
}

/// The pairs between `&` signs that stand outside of double quotes.
fn pairs_of(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    let split = text.split(move |c| {
        let ends = c == '&' && !quoted;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && !escaped;
        ends
    });
    split.filter(|pair| !pair.is_empty())
}

/// The value without its percent-encoding, if it has one.
fn decoded(value: &str) -> Result<String, Expected> {
    let literal = value.contains([' ', '"', '{', '}', '[', ']', '<', '>', '|', '^', '`']);
    if literal || !value.contains('%') {
        return Ok(value.to_owned());
    }
    let text = percent_decode_str(value).decode_utf8();
    text.map(Into::into).map_err(|_| "text in UTF-8")
}

fn span(value: &str) -> Result<TimeDelta, Expected> {
    parse_span(value).map_err(|_| "a span such as 5m or 28d")
}

fn duration(value: &str) -> Result<Duration, Expected> {
    span(value)?.to_std().map_err(|_| "a span such as 10s")
}

/// What stands before and after the first colon.
fn two(value: &str, expected: Expected) -> Result<(&str, &str), Expected> {
    let both = value.split_once(':');
    both.filter(|(first, second)| !first.is_empty() && !second.is_empty()).ok_or(expected)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn query(text: &str) -> String {
        Settings::from_source(&format!("prometheus://h?query={text}")).unwrap().query
    }

    #[test]
    fn a_query_is_read_encoded_or_not() {
        assert_eq!(query("a % b"), "a % b");
        assert_eq!(query("sum(a)+sum(b)"), "sum(a)+sum(b)");
        assert_eq!(
            query("sum%28a%7Bx%3D%22%26%22%7D%5B5m%5D%29%20%2B%201"),
            "sum(a{x=\"&\"}[5m]) + 1"
        );
        assert_eq!(query("a{x=\"1&step=5m\"}&step=2m"), "a{x=\"1&step=5m\"}");
        assert_eq!(query("a{x=\"\\\"&\"}"), "a{x=\"\\\"&\"}");
        assert_eq!(query("a{x=\"50%25\"}"), "a{x=\"50%25\"}");
    }

    #[test]
    fn every_key_is_taken() {
        let settings = Settings::from_source(
            "prometheus+https://h:1/p/?query=up&range=1d&step=5m&multiplier=2&timeout=1s&deadline=2s&max-bytes=9&\
             allow-partial=true&min-coverage=0.5&basic-auth=me:/p&ca-file=/ca&client-cert=/c:/k",
        )
        .unwrap();
        assert_eq!(settings.url, "https://h:1/p/");
        assert_eq!((settings.steps(), settings.max_bytes), (288, 9));
        assert_eq!(settings.deadline, Duration::from_secs(2));
        assert_eq!(settings.client_key_file, Some("/k".into()));
        assert!(settings.allow_partial);
    }

    #[test]
    fn headers_and_the_count_of_series_are_taken() {
        let settings = Settings::from_source(
            "prometheus://h?query=sum(load)&series-query=count(load)&header=X-Scope-OrgID:shop:eu&\
             header=X-Env: test&header-file=X-Api-Key:/run/key",
        )
        .unwrap();
        assert_eq!(settings.series_query.as_deref(), Some("count(load)"));
        let value = |name| match &settings.headers[name] {
            Header::Value(value) => value.expose_secret().to_owned(),
            Header::File(from) => format!("from {}", from.file.display()),
        };
        assert_eq!(value("X-Scope-OrgID"), "shop:eu");
        assert_eq!(value("X-Env"), "test");
        assert_eq!(value("X-Api-Key"), "from /run/key");
        assert_eq!(settings.headers.len(), 3);
    }

    #[test]
    fn each_mistake_is_one_clear_error_without_the_secret() {
        for (text, words) in [
            ("prometheus:/h?query=up", "begin with prometheus://"),
            ("prometheus+ftp://h?query=up", "begin with prometheus://"),
            ("prometheus://me:s3cret@h?query=up", "no user and no password"),
            ("prometheus://?query=up", "name a host"),
            ("prometheus:///p?query=up", "name a host"),
            ("prometheus://h", "hold a query"),
            ("prometheus://h?query=", "hold a query"),
            ("prometheus://h?query=up&range=soon", "a span such as 5m or 28d as its range"),
            ("prometheus://h?query=up&step=29d", "a span from 1s to 28d as its step"),
            ("prometheus://h?query=up&step=1m&step=1m", "step once"),
            ("prometheus://h?query=up&rang=1d", ", not rang"),
            ("prometheus://h?query=up&token=s3cret", ", not token"),
            ("prometheus://h?query=up&s3cret!=1", "only the keys"),
            ("prometheus://h?query=up&s3cret", "KEY=VALUE"),
            ("prometheus://h?query=%ff", "text in UTF-8"),
            ("prometheus://h?query=up&basic-auth=s3cret", "USER:FILE"),
            ("prometheus://h?query=up&header=s3cret", "NAME:VALUE as its header"),
            ("prometheus://h?query=up&header-file=:s3cret", "NAME:FILE as its header-file"),
            ("prometheus://h?query=up&header=authorization:s3cret", "header-file"),
            ("prometheus://h?query=up&header=A:s3cret&header-file=a:/f", "each name once"),
        ] {
            let error = Settings::from_source(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
