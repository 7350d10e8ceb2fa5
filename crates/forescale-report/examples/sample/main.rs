//! Prints a sample report: `cargo run --release -p forescale-report --example sample > sample.html`.
//!
//! A word chooses another output: `empty` and `hostile` pages for the browser tests, `replay` and `hostile-replay` for the
//! page of a replay, or the chart for the
//! `terminal`, plain, with `color` or as `ascii`.

use forescale_report::chart::{TerminalStyle, terminal};
use forescale_report::{ReportData, render_html, render_replay};

mod data;
mod replayed;

fn main() {
    let report = data::report();
    let style = TerminalStyle::default();
    let output = match std::env::args().nth(1).as_deref() {
        Some("empty") => render_html(&ReportData::new("Nothing yet", report.now, report.zone)),
        Some("hostile") => render_html(&hostile(report)),
        Some("replay") => render_replay(&replayed::replay(&report)),
        Some("hostile-replay") => {
            let mut replay = replayed::replay(&report);
            replay.title = MARKUP.to_owned();
            replay.policies.iter_mut().for_each(|policy| policy.name = MARKUP.to_owned());
            replay.warnings = vec![MARKUP.to_owned()];
            render_replay(&replay)
        }
        Some("terminal") => terminal(&report, &style),
        Some("color") => terminal(&report, &TerminalStyle { color: true, ..style }),
        Some("ascii") => terminal(&report, &TerminalStyle { unicode: false, ..style }),
        _ => render_html(&report),
    };
    print!("{output}");
}

/// What would run if a name were taken for markup.
const MARKUP: &str = "</script><script>window.broken = 1</script><!--";

/// The sample with markup wherever a name may stand.
fn hostile(mut report: ReportData) -> ReportData {
    let markup = MARKUP;
    report.title = markup.to_owned();
    report.load_unit = markup.to_owned();
    report.notes = vec!["<img src=x onerror='window.broken = 2'>".to_owned()];
    for row in &mut report.backtest {
        row.predictor = markup.to_owned();
    }
    report.settings = serde_json::json!({ markup: markup });
    report
}
