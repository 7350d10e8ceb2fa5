//! The HTML page: a template, its style, its scripts and one island of data.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::assets::{CHARTS_JS, REPORT_CSS as CSS, UPLOT_CSS, UPLOT_JS};
use crate::data::ReportData;
use crate::island::island;

const TEMPLATE: &str = include_str!("../assets/page.html");
const REPORT_JS: &str = include_str!("../assets/report.js");
const REPLAY_TEMPLATE: &str = include_str!("../assets/replay.html");
const REPLAY_JS: &str = include_str!("../assets/replay.js");

/// The report as one HTML page that loads nothing: styles, scripts and data are inside it.
///
/// Its content security policy names the hash of every style and script, so nothing else can run,
/// whatever stands in the data.
///
/// ```
/// use forescale_report::{ReportData, render_html};
/// let now = "2026-01-05T10:00:00Z".parse().unwrap();
/// let page = render_html(&ReportData::new("web shop", now, chrono_tz::UTC));
/// assert!(page.starts_with("<!doctype html>"));
/// ```
pub fn render_html(data: &ReportData) -> String {
    page(TEMPLATE, REPORT_JS, &data.title, &island(data))
}

/// The page of a replay, whose data are `island`.
pub(crate) fn replay_page(title: &str, island: &str) -> String {
    page(REPLAY_TEMPLATE, REPLAY_JS, title, island)
}

fn page(template: &str, script: &str, title: &str, island: &str) -> String {
    fill(
        template,
        &[
            ("policy", &policy(script)),
            ("version", env!("CARGO_PKG_VERSION")),
            ("title", &escape(title)),
            ("uplot_css", UPLOT_CSS),
            ("css", CSS),
            ("data", island),
            ("uplot_js", UPLOT_JS),
            ("charts_js", CHARTS_JS),
            ("script", script),
        ],
    )
}

fn policy(script: &str) -> String {
    let styles = hashes(&[UPLOT_CSS, CSS]);
    let scripts = hashes(&[UPLOT_JS, CHARTS_JS, script]);
    format!(
        "default-src 'none'; style-src {styles}; script-src {scripts}; base-uri 'none'; form-action 'none'"
    )
}

fn hashes(texts: &[&str]) -> String {
    let hash =
        |text: &&str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    texts.iter().map(hash).collect::<Vec<_>>().join(" ")
}

/// Replaces each `{{name}}` once and never looks into what it put in.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, name, after)) = next_mark(rest) {
        let value = values.iter().find(|(key, _)| *key == name);
        page.push_str(before);
        page.push_str(value.expect("the template names only known values").1);
        rest = after;
    }
    page + rest
}

fn next_mark(text: &str) -> Option<(&str, &str, &str)> {
    let (before, tail) = text.split_once("{{")?;
    let (name, after) = tail.split_once("}}")?;
    Some((before, name, after))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_once() {
        assert_eq!(fill("a {{x}} {{y}}!", &[("x", "{{y}}"), ("y", "1")]), "a {{y}} 1!");
    }

    #[test]
    fn no_asset_can_end_its_own_element() {
        for script in [UPLOT_JS, CHARTS_JS, REPORT_JS, REPLAY_JS] {
            assert!(!script.contains("</script") && !script.contains("<!--"));
        }
        for style in [UPLOT_CSS, CSS] {
            assert!(!style.contains("</style"));
        }
    }
}
