//! What is read from which Prometheus, and how: the keys of a configuration file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use forescale_core::{Frequency, parse_span};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};

use crate::error::PrometheusError;

/// The longest query: it bounds how deep its expression can nest.
const MAX_QUERY_BYTES: usize = 8_192;

/// The most steps of a series: two years of minutes.
const MAX_STEPS: i64 = 1_051_200;

/// One load history in a Prometheus, or in anything that answers its API: Thanos, Mimir, VictoriaMetrics.
///
/// Keys are in kebab-case, and an unknown one is an error. Secrets are read from files whenever a request is made, and
/// none is ever printed.
///
/// ```
/// use forescale_prometheus::Settings;
/// let settings: Settings = toml::from_str(r#"
///     url = "https://prometheus.example:9090"
///     query = 'sum(rate(http_requests_total[5m]))'
///     range = "14d"
///     bearer-token-file = "/run/secrets/token"
/// "#)?;
/// assert_eq!(settings.step.to_string(), "1m");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The server with the prefix before `/api`: `http://host:9090` or `https://host/prometheus`.
    pub url: String,
    /// PromQL that gives one series.
    pub query: String,
    /// PromQL that gives the instances that serve now.
    #[serde(default)]
    pub instances: Option<String>,
    /// PromQL that gives the count of the series behind `query`. A load is refused as partial while its newest count is
    /// below 80 % of the median of a day.
    #[serde(default)]
    pub series_query: Option<String>,
    /// How far the history goes back; `28d` unless given.
    #[serde(default = "four_weeks", deserialize_with = "span")]
    pub range: TimeDelta,
    /// The step of the series; `1m` unless given.
    #[serde(default = "one_minute", deserialize_with = "step")]
    pub step: Frequency,
    /// What every value is multiplied with: 60 makes requests a minute of requests a second.
    #[serde(default = "one")]
    pub multiplier: f64,
    /// User and password.
    #[serde(default)]
    pub basic_auth: Option<BasicAuth>,
    /// A file that holds a bearer token.
    #[serde(default)]
    pub bearer_token_file: Option<PathBuf>,
    /// Further headers, `X-Scope-OrgID` say.
    #[serde(default)]
    pub headers: BTreeMap<String, Header>,
    /// Certificates to trust instead of those of the system, in PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The certificate of the client, in PEM, with those between it and the CA below it.
    #[serde(default)]
    pub client_cert_file: Option<PathBuf>,
    /// The key of that certificate, in PEM.
    #[serde(default)]
    pub client_key_file: Option<PathBuf>,
    /// The longest one request may take; `10s` unless given.
    #[serde(default = "ten_seconds", deserialize_with = "duration")]
    pub timeout: Duration,
    /// The longest a whole read may take, retries included; `30s` unless given.
    #[serde(default = "half_a_minute", deserialize_with = "duration")]
    pub deadline: Duration,
    /// The most bytes of all answers of a read together, unpacked; 64 million unless given.
    #[serde(default = "sixty_four_megabytes")]
    pub max_bytes: u64,
    /// Whether an answer with warnings, such as one without some of the stores, is taken.
    #[serde(default)]
    pub allow_partial: bool,
    /// The least share of steps that has to hold a load; 0.8 unless given.
    #[serde(default = "four_fifths")]
    pub min_coverage: f64,
}

/// A user with a password in a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BasicAuth {
    /// The user.
    pub user: String,
    /// A file that holds the password.
    pub password_file: PathBuf,
}

/// The value of a header. It may be a secret, and is never printed.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Header {
    /// The value itself.
    Value(SecretString),
    /// A file that holds it.
    File(HeaderFile),
}

/// A file that holds the value of a header.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderFile {
    /// Its path.
    pub file: PathBuf,
}

impl Settings {
    /// The settings for `query` at `url`, with everything else as it is unless given.
    pub fn new(url: impl Into<String>, query: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            query: query.into(),
            instances: None,
            series_query: None,
            range: four_weeks(),
            step: one_minute(),
            multiplier: one(),
            basic_auth: None,
            bearer_token_file: None,
            headers: BTreeMap::new(),
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            timeout: ten_seconds(),
            deadline: half_a_minute(),
            max_bytes: sixty_four_megabytes(),
            allow_partial: false,
            min_coverage: four_fifths(),
        }
    }

    /// Makes the paths of files relative to `folder`, so that they mean the same from wherever a command is run.
    pub fn resolve(&mut self, folder: &std::path::Path) {
        let files = [
            self.bearer_token_file.as_mut(),
            self.ca_file.as_mut(),
            self.client_cert_file.as_mut(),
            self.client_key_file.as_mut(),
            self.basic_auth.as_mut().map(|basic| &mut basic.password_file),
        ];
        let in_headers = self.headers.values_mut().filter_map(|header| match header {
            Header::File(file) => Some(&mut file.file),
            Header::Value(_) => None,
        });
        let files = files.into_iter().flatten().chain(in_headers);
        files.for_each(|file| *file = folder.join(&*file));
    }

    /// How many steps the series has.
    pub(crate) fn steps(&self) -> usize {
        self.step.steps_in(self.range).max(1)
    }

    /// Checks everything that needs no file and no network.
    ///
    /// # Errors
    /// [`PrometheusError::Setting`] names the key, its value and what is expected.
    pub(crate) fn check(&self) -> Result<(), PrometheusError> {
        let refuse = |key: &'static str, found: String, expected: String| {
            Err(PrometheusError::Setting { key, found, expected })
        };
        let queries = [
            ("query", Some(&self.query)),
            ("instances", self.instances.as_ref()),
            ("series-query", self.series_query.as_ref()),
        ];
        for (key, query) in queries {
            let Some(query) = query else { continue };
            if query.trim().is_empty() || query.len() > MAX_QUERY_BYTES {
                let found = format!("{} bytes long", query.len());
                return refuse(key, found, format!("PromQL of 1 to {MAX_QUERY_BYTES} bytes"));
            }
        }
        let steps = self.range.num_seconds() / self.step.seconds();
        if !(1..=MAX_STEPS).contains(&steps) {
            return refuse("range", format!("{steps} steps"), format!("1 to {MAX_STEPS} steps"));
        }
        if !(self.multiplier.is_finite() && self.multiplier > 0.0) {
            return refuse("multiplier", self.multiplier.to_string(), "a number above 0".into());
        }
        if !(0.0..=1.0).contains(&self.min_coverage) {
            return refuse("min-coverage", self.min_coverage.to_string(), "from 0 to 1".into());
        }
        if self.max_bytes == 0 {
            return refuse("max-bytes", "0".into(), "at least 1".into());
        }
        self.check_access()
    }

    fn check_access(&self) -> Result<(), PrometheusError> {
        let refuse = |key, found: &str, expected: &str| {
            Err(PrometheusError::Setting { key, found: found.into(), expected: expected.into() })
        };
        let named = self.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"));
        let ways = [self.basic_auth.is_some(), self.bearer_token_file.is_some(), named];
        if ways.into_iter().filter(|given| *given).count() > 1 {
            let expected = "one of basic-auth, bearer-token-file and a header Authorization";
            return refuse("authentication", "given twice", expected);
        }
        if self.client_cert_file.is_some() != self.client_key_file.is_some() {
            let expected = "client-cert-file and client-key-file together";
            return refuse("the client certificate", "one file", expected);
        }
        Ok(())
    }
}

fn four_weeks() -> TimeDelta {
    TimeDelta::days(28)
}

fn one_minute() -> Frequency {
    Frequency::from_seconds(60).expect("a minute is a step")
}

fn one() -> f64 {
    1.0
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

fn sixty_four_megabytes() -> u64 {
    64_000_000
}

fn four_fifths() -> f64 {
    0.8
}

fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
    parse_span(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn step<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Frequency, D::Error> {
    let seconds = span(deserializer)?.num_seconds();
    Frequency::from_seconds(seconds).map_err(de::Error::custom)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    span(deserializer)?.to_std().map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_and_secrets_stay_hidden() {
        let read = |text: &str| toml::from_str::<Settings>(text);
        let error = read("url='http://a'\nquery='x'\nsteps='1m'").unwrap_err().to_string();
        assert!(error.contains("unknown field `steps`"), "{error}");
        let settings =
            read("url='http://a'\nquery='x'\n[headers]\nX-Scope-OrgID='s3cret'\nX-B={file='/b'}")
                .unwrap();
        assert!(!format!("{settings:?}").contains("s3cret"));
        assert!(matches!(settings.headers["X-B"], Header::File(_)));
    }

    #[test]
    fn files_are_beside_the_configuration() {
        let text = "url='http://a'\nquery='x'\nca-file='ca.pem'\nclient-cert-file='/c'\nclient-key-file='k'\nbearer-token-file='t'\n[basic-auth]\nuser='me'\npassword-file='p'\n[headers]\nX-B={file='h'}";
        let mut settings: Settings = toml::from_str(text).unwrap();
        settings.resolve(std::path::Path::new("conf"));
        let beside = |file: &Option<PathBuf>| file.clone().unwrap().display().to_string();
        assert_eq!(beside(&settings.ca_file), "conf/ca.pem");
        assert_eq!(beside(&settings.client_cert_file), "/c");
        assert_eq!(beside(&settings.client_key_file), "conf/k");
        assert_eq!(beside(&settings.bearer_token_file), "conf/t");
        assert_eq!(settings.basic_auth.unwrap().password_file, PathBuf::from("conf/p"));
        let Header::File(header) = &settings.headers["X-B"] else { panic!("it is a file") };
        assert_eq!(header.file, PathBuf::from("conf/h"));
    }

    #[test]
    fn each_setting_outside_its_range_is_named() {
        let message = |change: fn(&mut Settings)| {
            let mut settings = Settings::new("http://a", "x");
            change(&mut settings);
            settings.check().unwrap_err().to_string()
        };
        assert_eq!(
            message(|s| s.min_coverage = f64::NAN),
            "min-coverage should be from 0 to 1, but is NaN"
        );
        assert!(message(|s| s.multiplier = 0.0).starts_with("multiplier should be a number above"));
        assert!(message(|s| s.query = " ".into()).starts_with("query should be PromQL"));
        assert!(
            message(|s| s.instances = Some("".into())).starts_with("instances should be PromQL")
        );
        assert!(message(|s| s.series_query = Some("x".repeat(8_193))).starts_with("series-query"));
        assert!(message(|s| s.range = TimeDelta::days(5_000)).contains("steps"));
        assert!(message(|s| s.client_cert_file = Some("c".into())).contains("together"));
    }
}
