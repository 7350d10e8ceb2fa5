//! Files of an export, and what two of them have in common.

use serde::Serialize;
use serde_json::Value;

use crate::error::ExportError;

/// A file that a system reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// A name for it: `web-cronjobs.yaml`.
    pub name: String,
    /// Its text, with a line break at the end.
    pub text: String,
}

impl Document {
    /// YAML of one or more objects, under a comment that says how it is used.
    pub(crate) fn yaml(name: String, usage: &str, objects: &[Value]) -> Result<Self, ExportError> {
        let mut text = format!("# {usage}\n");
        for object in objects {
            let body = serde_saphyr::to_string(object)
                .map_err(|error| ExportError::Write(error.to_string()))?;
            text.push_str(&format!("---\n{}\n", body.trim_end()));
        }
        Ok(Self { name, text })
    }

    /// Indented JSON.
    pub(crate) fn json(name: String, value: &impl Serialize) -> Result<Self, ExportError> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| ExportError::Write(error.to_string()))?;
        Ok(Self { name, text: text + "\n" })
    }
}

/// What changes from `old` to `new`, as `diff -u` writes it; nothing when they are equal.
///
/// ```
/// let diff = forescale_export::diff("old.yaml", "a: 1\n", "new.yaml", "a: 2\n");
/// assert_eq!(diff, "--- old.yaml\n+++ new.yaml\n@@ -1 +1 @@\n-a: 1\n+a: 2\n");
/// ```
pub fn diff(old_name: &str, old: &str, new_name: &str, new: &str) -> String {
    let diff = similar::TextDiff::from_lines(old, new);
    diff.unified_diff().header(old_name, new_name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_differ_in_nothing() {
        assert_eq!(diff("a", "x\ny\n", "b", "x\ny\n"), "");
    }
}
