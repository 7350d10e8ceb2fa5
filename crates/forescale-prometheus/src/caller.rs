//! One request to the server, within what is left of the deadline and of the bytes.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, Response, Uri};
use ureq::{Agent, Body};

use crate::answer::Answer;
use crate::credentials;
use crate::error::{PrometheusError, quoted};
use crate::settings::Settings;
use crate::tls;

/// How much of an answer that is no success is read.
const ERROR_BYTES: u64 = 64_000;

/// A connection to the server.
#[derive(Debug)]
pub(crate) struct Caller {
    agent: Agent,
    base: String,
    name: String,
    settings: Settings,
}

/// What is left for a read.
#[derive(Debug)]
pub(crate) struct Budget {
    ends: Instant,
    bytes: u64,
    pub requests: usize,
}

impl Budget {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { ends: Instant::now() + settings.deadline, bytes: settings.max_bytes, requests: 0 }
    }

    pub(crate) fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }
}

impl Caller {
    /// Checks the settings and reads the certificates; nothing is sent yet.
    pub(crate) fn new(settings: Settings) -> Result<Self, PrometheusError> {
        settings.check()?;
        let base = base(&settings.url)?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // What a redirect leads to was not configured, and would be sent the credentials.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("forescale/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls::config(&settings)?)
            .build();
        let name = format!("prometheus at {base}");
        Ok(Self { agent: config.into(), base, name, settings })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Posts a form to `path` and reads the answer.
    pub(crate) fn query<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, String)],
        budget: &mut Budget,
    ) -> Result<Answer<T>, PrometheusError> {
        let timeout = self.timeout(budget)?;
        let mut request = self.agent.post(format!("{}{path}", self.base));
        if let Some(headers) = request.headers_mut() {
            headers.extend(credentials::headers(&self.settings)?);
        }
        let server_side = ("timeout", format!("{}ms", timeout.as_millis().max(1)));
        let form = form.iter().chain([&server_side]).map(|(key, value)| (*key, value.as_str()));
        let sent = request.config().timeout_global(Some(timeout)).build().send_form(form);
        let response = sent.map_err(|error| self.failed(error, budget))?;
        self.answer(response, budget)
    }

    /// Gets `path`; the status is not judged.
    pub(crate) fn get(
        &self,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Response<Body>, PrometheusError> {
        let timeout = self.timeout(budget)?;
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(headers) = request.headers_mut() {
            headers.extend(credentials::headers(&self.settings)?);
        }
        let got = request.config().timeout_global(Some(timeout)).build().call();
        got.map_err(|error| self.failed(error, budget))
    }

    /// Reads an answer of the API.
    pub(crate) fn answer<T: DeserializeOwned>(
        &self,
        response: Response<Body>,
        budget: &mut Budget,
    ) -> Result<Answer<T>, PrometheusError> {
        if !response.status().is_success() {
            return Err(self.refused(response, budget));
        }
        let html = is_html(response.headers());
        let mut counted = Counted::new(response, budget.bytes);
        let answer = serde_json::from_reader(io::BufReader::new(&mut counted));
        budget.bytes = budget.bytes.saturating_sub(counted.read);
        let answer: Answer<T> = answer.map_err(|error| self.unreadable(error, html, budget))?;
        if answer.status == "success" {
            return Ok(answer);
        }
        Err(self.malformed(format!("its status is {:?}", quoted(&answer.status))))
    }

    pub(crate) fn malformed(&self, reason: impl Into<String>) -> PrometheusError {
        PrometheusError::Malformed { name: self.name.clone(), reason: reason.into() }
    }

    /// The longest the next request may take.
    fn timeout(&self, budget: &mut Budget) -> Result<Duration, PrometheusError> {
        budget.requests += 1;
        match budget.left() {
            Duration::ZERO => Err(self.deadline(None)),
            left => Ok(left.min(self.settings.timeout)),
        }
    }

    pub(crate) fn deadline(&self, last: Option<&PrometheusError>) -> PrometheusError {
        PrometheusError::Deadline {
            name: self.name.clone(),
            seconds: self.settings.deadline.as_secs_f64(),
            last: last.map(ToString::to_string),
        }
    }

    fn failed(&self, error: ureq::Error, budget: &Budget) -> PrometheusError {
        let name = self.name.clone();
        match error {
            ureq::Error::Timeout(_) if budget.left().is_zero() => self.deadline(None),
            ureq::Error::Timeout(_) => {
                PrometheusError::Timeout { name, seconds: self.settings.timeout.as_secs_f64() }
            }
            ureq::Error::BodyExceedsLimit(_) => {
                PrometheusError::TooLarge { name, bytes: self.settings.max_bytes }
            }
            ureq::Error::Decompress(..) => self.malformed("its gzip is broken"),
            ureq::Error::Protocol(error) => self.malformed(quoted(&error.to_string())),
            ureq::Error::LargeResponseHeader(..) => self.malformed("its headers are too long"),
            other if is_tls(&other) => PrometheusError::Untrusted { name, reason: reason(&other) },
            other => PrometheusError::Unreachable { name, reason: reason(&other) },
        }
    }

    /// An answer that is no JSON, or not the expected one, or broke off.
    fn unreadable(&self, error: serde_json::Error, html: bool, budget: &Budget) -> PrometheusError {
        if error.is_io() {
            return self.failed(ureq::Error::from(io::Error::from(error)), budget);
        }
        if html {
            return self.malformed("it sends an HTML page");
        }
        if error.is_eof() {
            return self.malformed("its JSON is cut short");
        }
        self.malformed(quoted(&error.to_string()))
    }

    /// The error for a status that is no success.
    pub(crate) fn refused(&self, response: Response<Body>, budget: &mut Budget) -> PrometheusError {
        let (status, name) = (response.status().as_u16(), self.name.clone());
        let message = message(response, &mut budget.bytes);
        match status {
            401 | 403 => PrometheusError::Access { name, status, message },
            408 => PrometheusError::Server { name, status, message: "timeout".into() },
            422 | 429 | 500.. => PrometheusError::Server { name, status, message },
            _ => PrometheusError::Rejected { name, status, message },
        }
    }
}

/// The server with its prefix, without a slash at the end.
fn base(url: &str) -> Result<String, PrometheusError> {
    let wrong = |found: &str| PrometheusError::Setting {
        key: "url",
        found: found.to_owned(),
        expected: "like https://prometheus.example:9090/prefix".into(),
    };
    // The text is not repeated: it could hold a password.
    let uri: Uri = url.parse().map_err(|_| wrong("no URL"))?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let scheme = uri.scheme_str().unwrap_or_default();
    match (scheme, authority) {
        ("http" | "https", authority) if authority.contains('@') => Err(wrong("one with a user")),
        ("http" | "https", _) if uri.query().is_some() => Err(wrong("one with a query")),
        ("http" | "https", authority) if !authority.is_empty() => {
            Ok(format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/')))
        }
        _ => Err(wrong("without http:// or https:// and a host")),
    }
}

/// Whether the certificates are to blame, which do not change by asking again.
fn is_tls(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => true,
        ureq::Error::Io(error) => error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    }
}

/// What went wrong, without ureq's word for the kind of it.
fn reason(error: &ureq::Error) -> String {
    let text = quoted(&error.to_string());
    text.strip_prefix("io: ").or(text.strip_prefix("rustls: ")).unwrap_or(&text).to_owned()
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// What the server says about a refusal: the error of the API word for word, else the begin of the text.
fn message(response: Response<Body>, bytes: &mut u64) -> String {
    let location = response.headers().get("location").and_then(|to| to.to_str().ok());
    if let Some(to) = location {
        return format!("it redirects to {}", quoted(to));
    }
    if is_html(response.headers()) {
        return "it sends an HTML page".into();
    }
    let mut counted = Counted::new(response, ERROR_BYTES.min(*bytes));
    let mut text = Vec::new();
    // What came before a break says more than the break.
    let _ = counted.read_to_end(&mut text);
    *bytes = bytes.saturating_sub(counted.read);
    match serde_json::from_slice::<Answer<serde::de::IgnoredAny>>(&text) {
        Ok(answer) => quoted(&answer.error),
        Err(_) => quoted(&String::from_utf8_lossy(&text)),
    }
}

/// A body that ends with an error beyond its limit, and knows how much was read.
struct Counted {
    reader: ureq::BodyReader<'static>,
    read: u64,
}

impl Counted {
    fn new(response: Response<Body>, limit: u64) -> Self {
        let reader = response.into_body().into_with_config().limit(limit).reader();
        Self { reader, read: 0 }
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_server_and_a_prefix() {
        assert_eq!(base("http://h:9090/").unwrap(), "http://h:9090");
        assert_eq!(base("https://h/a/b/").unwrap(), "https://h/a/b");
        for url in
            ["h", "h:9090", "ftp://h", "http://", "http://u:s3cret@h", "http://h?x=1", "http://h h"]
        {
            let error = base(url).unwrap_err().to_string();
            assert!(error.starts_with("url should be like https://"), "{url}: {error}");
            assert!(!error.contains("s3cret"));
        }
    }
}
