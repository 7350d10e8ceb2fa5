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

/// The files of `present` that an earlier export has left: numbered like one of `documents`, but beyond the last one.
pub fn leftovers(documents: &[Document], present: &[String]) -> Vec<String> {
    let families: Vec<_> = documents.iter().filter_map(|document| family(&document.name)).collect();
    let left = |name: &&String| {
        let old = family(name).is_some_and(|family| families.contains(&family));
        old && documents.iter().all(|document| document.name != **name)
    };
    present.iter().filter(left).cloned().collect()
}

/// What comes before the number of a numbered file: `web-scheduled-actions` of `web-scheduled-actions-2.json`.
fn family(name: &str) -> Option<&str> {
    let (family, number) = name.strip_suffix(".json")?.rsplit_once('-')?;
    let counted = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    counted.then_some(family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbered_files_of_the_same_export_are_left_over() {
        let documents = ["web-scheduled-actions-1.json", "web-scheduled-actions.sh"]
            .map(|name| Document { name: name.into(), text: String::new() });
        let present = [
            "web-scheduled-actions-1.json",
            "web-scheduled-actions-2.json",
            "api-scheduled-actions-2.json",
            "web-scheduled-actions-x.json",
            "web-scheduled-actions.sh",
            "web-2.json",
        ]
        .map(str::to_owned);
        assert_eq!(leftovers(&documents, &present), ["web-scheduled-actions-2.json"]);
    }

    #[test]
    fn equal_files_differ_in_nothing() {
        assert_eq!(diff("a", "x\ny\n", "b", "x\ny\n"), "");
    }
}
