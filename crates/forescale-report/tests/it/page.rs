use chrono::TimeDelta;
use forescale_report::{ForecastRow, HistoryPoint, ReportData, render_html};

use crate::sample::report;

/// The text between `from` and `to`, first found.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, tail) = page.split_once(from).unwrap();
    tail.split_once(to).unwrap().0
}

fn island(page: &str) -> serde_json::Value {
    serde_json::from_str(between(page, "id=\"data\">", "</script>")).unwrap()
}

#[test]
fn the_page_has_its_sections_in_order() {
    let page = render_html(&report());
    let ids: Vec<&str> =
        page.split("<section id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    assert_eq!(ids, ["charts", "plan", "backtest", "members", "settings"]);
    let scripts: Vec<&str> =
        page.split("<script").skip(1).filter_map(|s| s.split('>').next()).collect();
    assert_eq!(scripts, [" type=\"application/json\" id=\"data\"", "", "", ""]);
    assert_eq!(page.matches("<style>").count(), 2);
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">") && page.ends_with("</html>\n"));
}

#[test]
fn the_policy_forbids_everything_but_the_scripts_and_styles_inside() {
    let page = render_html(&report());
    let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let directives: Vec<&str> = policy.split("; ").collect();
    assert_eq!(directives[0], "default-src 'none'");
    assert_eq!(directives[1].matches("'sha256-").count(), 2);
    assert_eq!(directives[2].matches("'sha256-").count(), 3);
    assert_eq!(directives[3..], ["base-uri 'none'", "form-action 'none'"]);
    assert!(!policy.contains("unsafe") && !policy.contains('*'));
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    let page = render_html(&report());
    let markup = page.split("<script>").next().unwrap();
    for loader in [" src=", "<link", "<iframe", "<img", "@import", "url(", "http://", "https://"] {
        assert!(!markup.contains(loader), "{loader}");
    }
    // The one address in the scripts is uPlot's home in its licence line.
    let addresses: Vec<&str> =
        page.split("https://").skip(1).map(|tail| tail.split(' ').next().unwrap()).collect();
    assert_eq!(addresses, ["github.com/leeoniya/uPlot"]);
    assert!(!page.contains("http://"));
    for call in ["fetch(", "XMLHttpRequest", "WebSocket", "import(", "eval(", "innerHTML"] {
        assert!(!page.contains(call), "{call}");
    }
}

#[test]
fn markup_in_any_name_stays_inside_the_island() {
    let markup = "</title></script><script>alert(1)</script><!--";
    let mut data = report();
    data.title = markup.to_owned();
    data.load_unit = markup.to_owned();
    data.warnings = vec![markup.to_owned()];
    data.members[0].name = markup.to_owned();
    data.settings = serde_json::json!({ markup: markup });
    let page = render_html(&data);
    assert!(!page.contains("alert(1)</script>"));
    assert_eq!(page.matches("<script").count(), 4);
    assert_eq!(page.matches("</title>").count(), 1);
    let island = island(&page);
    assert_eq!(island["title"], markup);
    assert_eq!(island["settings"][markup], markup);
}

#[test]
fn the_island_holds_the_forecast_and_the_plan() {
    let data = report();
    let island = island(&render_html(&data));
    assert_eq!(island["now"], 1_774_429_200_000_i64);
    assert_eq!(island["zone"], "Europe/Berlin");
    assert_eq!(island["history"]["load"].as_array().unwrap().len(), 4_032);
    assert_eq!(island["history"]["load"][2_500], serde_json::Value::Null);
    assert_eq!(island["forecast"]["median"].as_array().unwrap().len(), 288);
    assert_eq!(island["forecast"]["end"], 1_774_429_200_000_i64 + 86_400_000);
    let rows = &data.plan.as_ref().unwrap().recommendations;
    let listed = island["plan"]["rows"].as_array().unwrap();
    assert_eq!(listed.len(), rows.len());
    assert_eq!(listed[1]["reason"], rows[1].reason.to_string());
}

/// Two years of minutes, four weeks of minutes ahead, and a plan with a row for every one of them.
#[test]
fn a_long_report_stays_small() {
    let mut data = report();
    let now = data.now.timestamp_millis();
    let minutes = 2 * 365 * 1_440;
    let load = |i: i64| Some(1_000.0 + ((i * 7_919) % 10_007) as f64 / 9.7);
    data.history = (0..minutes)
        .map(|i| HistoryPoint { time_ms: now - (minutes - i) * 60_000, load: load(i) })
        .collect();
    let row = |i: i64| {
        let median = load(i).unwrap_or_default();
        let intervals = vec![(median - 33.333_333, median + 33.333_333); 3];
        ForecastRow { time_ms: now + i * 60_000, median, intervals }
    };
    data.forecast.levels = vec![50.0, 80.0, 95.0];
    data.forecast.rows = (0..28 * 1_440).map(row).collect();
    data.forecast.step_ms = 60_000;
    let plan = data.plan.as_mut().unwrap();
    let first = plan.recommendations[0].clone();
    plan.recommendations = (0..28 * 1_440)
        .map(|i| {
            let at = first.at + TimeDelta::minutes(i);
            let instances = forescale_core::Replicas(1 + (i % 7) as u32);
            forescale_plan::Recommendation { at, effective_at: at, instances, ..first.clone() }
        })
        .collect();
    let page = render_html(&data);
    assert!(page.len() < 1_500_000, "{}", page.len());
    let left_out = island(&page)["plan"]["rowsLeftOut"].as_u64();
    assert_eq!(left_out, Some(28 * 1_440 - 1_000));
}

#[test]
fn the_same_data_give_the_same_bytes() {
    assert_eq!(render_html(&report()), render_html(&report()));
    let empty = ReportData::new("nothing", report().now, chrono_tz::UTC);
    assert_eq!(render_html(&empty), render_html(&empty));
}
