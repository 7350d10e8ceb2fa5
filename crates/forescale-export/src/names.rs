//! Names as the systems take them: what is refused here would be refused there, later and with less to go by.

use crate::error::ExportError;

/// The workload of a plan in Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// Its name; the HorizontalPodAutoscaler and the Deployment are taken to share it.
    pub name: String,
}

impl Workload {
    /// The workload `name` in `namespace`.
    ///
    /// # Errors
    /// [`ExportError::Name`] for what Kubernetes does not take as a name.
    ///
    /// ```
    /// use forescale_export::Workload;
    /// assert!(Workload::new("shop", "web").is_ok());
    /// assert!(Workload::new("shop", "../web").is_err());
    /// ```
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Result<Self, ExportError> {
        let (namespace, name) = (namespace.into(), name.into());
        check_label("a namespace", &namespace)?;
        check_label("a workload", &name)?;
        Ok(Self { namespace, name })
    }
}

/// Refuses what is no DNS label of RFC 1123.
fn check_label(what: &'static str, name: &str) -> Result<(), ExportError> {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let edge = |c: Option<&u8>| c.is_some_and(|c| *c != b'-');
    let bytes = name.as_bytes();
    let fits = (1..=63).contains(&bytes.len()) && bytes.iter().copied().all(inner);
    if fits && edge(bytes.first()) && edge(bytes.last()) {
        return Ok(());
    }
    let expected = "1 to 63 lower-case letters, digits and hyphens, with no hyphen at an end";
    Err(ExportError::Name { what, expected, found: cut(name) })
}

/// Refuses what AWS does not take as a name or id: nothing, too much, or what would break a line or a list.
pub(crate) fn check_aws(what: &'static str, name: &str) -> Result<(), ExportError> {
    let fits = (1..=255).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_graphic());
    if fits && !name.contains([':', ',', '"', '\\']) {
        return Ok(());
    }
    let expected = "1 to 255 visible characters without colon, comma, quote and backslash";
    Err(ExportError::Name { what, expected, found: cut(name) })
}

/// Refuses text that is empty, broken over lines, or too long for a field.
pub(crate) fn check_line(what: &'static str, text: &str) -> Result<(), ExportError> {
    if (1..=4_096).contains(&text.len()) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let expected = "1 to 4096 bytes of text in one line";
    Err(ExportError::Name { what, expected, found: cut(text) })
}

/// A name for a file of `name`, which may be any text.
pub(crate) fn file_stem(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let stem: String = name.chars().take(100).map(plain).collect();
    match stem.trim_matches(['.', '-']) {
        "" => "plan".to_owned(),
        stem => stem.to_owned(),
    }
}

/// `text` as one word of a shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn cut(name: &str) -> String {
    name.chars().take(80).collect()
}

/// A name of at most `most` bytes: `name`, cut where it has to be, and `suffix`.
pub(crate) fn suffixed(name: &str, suffix: &str, most: usize) -> String {
    let room = most.saturating_sub(suffix.len() + 1).min(name.len());
    format!("{}-{suffix}", name[..room].trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_kubernetes_takes_pass() {
        for name in ["web", "web-2", "0", &"a".repeat(63)] {
            assert!(Workload::new("shop", name).is_ok(), "{name}");
        }
        for name in ["", "Web", "-web", "web-", "a.b", "a_b", "é", "a\nb: c", &"a".repeat(64)] {
            let error = Workload::new("shop", name).unwrap_err().to_string();
            assert!(error.starts_with("a workload should be 1 to 63"), "{name:?}: {error}");
        }
    }

    #[test]
    fn any_name_becomes_a_file_in_the_folder_and_a_word_of_a_shell() {
        for (name, stem) in [
            ("web", "web"),
            ("service/shop/web", "service-shop-web"),
            ("../../etc/passwd", "etc-passwd"),
            ("", "plan"),
            ("..", "plan"),
            ("a\nb\"é", "a-b"),
        ] {
            assert_eq!(file_stem(name), stem, "{name:?}");
        }
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }

    #[test]
    fn a_long_name_is_cut_and_stays_one() {
        let name = suffixed(&("a".repeat(38) + "-b"), "202601051000", 52);
        assert_eq!(name, "a".repeat(38) + "-202601051000");
    }
}
