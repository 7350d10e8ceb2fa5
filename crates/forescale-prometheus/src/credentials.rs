//! Secrets, read from their files for every request, so that one that was changed is used at once.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};

use crate::error::PrometheusError;
use crate::settings::{Header, Settings};

/// The longest file that can hold a secret or a certificate.
const MAX_FILE_BYTES: u64 = 1_000_000;

/// The headers that grant access, marked so that nothing prints them.
///
/// # Errors
/// [`PrometheusError::File`] for a file that cannot be read or holds no such value, [`PrometheusError::Setting`] for a
/// name that is no header's.
pub(crate) fn headers(settings: &Settings) -> Result<HeaderMap, PrometheusError> {
    let mut headers = HeaderMap::new();
    if let Some(file) = &settings.bearer_token_file {
        let token = secret(file, "a token")?;
        let value = SecretString::from(format!("Bearer {}", token.expose_secret()));
        headers.insert(AUTHORIZATION, visible(&value, file, "a token")?);
    }
    if let Some(basic) = &settings.basic_auth {
        let password = secret(&basic.password_file, "a password")?;
        let pair = format!("{}:{}", basic.user, password.expose_secret());
        let value = SecretString::from(format!("Basic {}", STANDARD.encode(pair)));
        headers.insert(AUTHORIZATION, visible(&value, &basic.password_file, "a password")?);
    }
    for (name, header) in &settings.headers {
        let (name, value) = extra(name, header)?;
        headers.insert(name, value);
    }
    Ok(headers)
}

fn extra(name: &str, header: &Header) -> Result<(HeaderName, HeaderValue), PrometheusError> {
    let wrong = |found: String, expected: &str| PrometheusError::Setting {
        key: "headers",
        found,
        expected: expected.to_owned(),
    };
    let key = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| wrong(format!("{name:?}"), "names of headers"))?;
    let value = match header {
        Header::File(from) => visible(&secret(&from.file, "a header")?, &from.file, "a header")?,
        Header::Value(value) => marked(value).ok_or_else(|| {
            wrong(format!("something else in {name}"), "text without line breaks")
        })?,
    };
    Ok((key, value))
}

fn visible(
    value: &SecretString,
    file: &Path,
    expected: &'static str,
) -> Result<HeaderValue, PrometheusError> {
    marked(value).ok_or_else(|| unfit(file, expected, "it has more than one line"))
}

fn marked(value: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What a file holds, without the line break at its end.
fn secret(file: &Path, expected: &'static str) -> Result<SecretString, PrometheusError> {
    let bytes = read(file, expected)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unfit(file, expected, "it is no text"))?;
    match text.trim() {
        "" => Err(unfit(file, expected, "it is empty")),
        text => Ok(SecretString::from(text)),
    }
}

/// The bytes of a small file.
pub(crate) fn read(file: &Path, expected: &'static str) -> Result<Vec<u8>, PrometheusError> {
    let bytes = std::fs::metadata(file).and_then(|about| {
        if about.len() > MAX_FILE_BYTES {
            return Ok(None);
        }
        std::fs::read(file).map(Some)
    });
    match bytes {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(unfit(file, expected, "it has more than a million bytes")),
        Err(error) => Err(unfit(file, expected, &format!("it cannot be read: {error}"))),
    }
}

pub(crate) fn unfit(file: &Path, expected: &'static str, reason: &str) -> PrometheusError {
    PrometheusError::File { path: file.display().to_string(), expected, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_token(content: &[u8]) -> Result<HeaderMap, PrometheusError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, content).unwrap();
        let mut settings = Settings::new("http://a", "x");
        settings.bearer_token_file = Some(file);
        headers(&settings)
    }

    #[test]
    fn a_token_is_trimmed_and_hidden() {
        let headers = with_token(b"s3cret\n").unwrap();
        assert_eq!(headers[AUTHORIZATION], "Bearer s3cret");
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[test]
    fn a_file_without_a_token_is_named_but_not_its_content() {
        for (content, words) in [
            (&b" \n"[..], "empty"),
            (b"s3cret\ns3cret", "one line"),
            (b"\xff\xfes3cret", "no text"),
        ] {
            let error = with_token(content).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("token"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        let mut settings = Settings::new("http://a", "x");
        settings.bearer_token_file = Some("/no/such/token".into());
        let error = headers(&settings).unwrap_err().to_string();
        assert!(error.starts_with("/no/such/token should hold a token"), "{error}");
    }
}
