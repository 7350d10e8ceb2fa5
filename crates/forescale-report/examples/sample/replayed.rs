//! A made-up replay: the web shop of the sample under three policies, the same on every run.

use forescale_report::{HistoryPoint, IncidentView, PolicyView, ReplayData, ReportData};

const CARRIED: f64 = 80.0;

/// The replay of the report's history; the last week is scored.
pub fn replay(report: &ReportData) -> ReplayData {
    let load = report.history.clone();
    let (first, last) = (load[0].time_ms, load[load.len() - 1].time_ms);
    let step = load[1].time_ms - first;
    let from = last + step - 7 * 86_400_000;
    ReplayData {
        title: format!("Replay of {}", report.title),
        zone: report.zone,
        policies: vec![
            policy("forescale", "proactive", &load, (1.13, 0.0004), 1.1),
            policy("hpa:target=0.6", "reactive", &load, (1.41, 0.002), 1.35),
            policy("static", "scheduled", &load, (2.2, 0.0), 9.0),
        ],
        load,
        scored_ms: (from, last + step),
        carried_per_instance: CARRIED,
        budget: 0.001,
        frontier: vec![(0.0, 1.0), (0.001, 0.98), (0.01, 0.93), (0.2, 0.6)],
        settings: serde_json::json!({"capacity": 100, "startup": "5m", "seed": 1}),
        warnings: vec!["37 of 4032 samples were missing and are not scored.".to_owned()],
    }
}

fn policy(
    name: &str,
    strategy: &str,
    load: &[HistoryPoint],
    (over_optimum, too_few): (f64, f64),
    room: f64,
) -> PolicyView {
    let fixed = strategy == "scheduled";
    let count = |point: &HistoryPoint| match point.load {
        Some(load) if !fixed => (load * room / CARRIED).ceil() as u32,
        _ => room.ceil() as u32,
    };
    let serving: Vec<u32> = load.iter().map(count).collect();
    let (start, step) = (load[0].time_ms, load[1].time_ms - load[0].time_ms);
    let worst = load[load.len() - 300].time_ms;
    let incident = IncidentView { from: worst, to: worst + 4 * step, missing: 2, peak_load: 812.0 };
    PolicyView {
        name: name.to_owned(),
        strategy: strategy.to_owned(),
        cost: 900.0 * over_optimum,
        over_optimum,
        too_few,
        slo_missed: 2.0 * too_few,
        changes_per_day: if fixed { 0.0 } else { 41.5 },
        serving: PolicyView::changes(&serving, start, step),
        incidents: if too_few > 0.0 { vec![incident] } else { Vec::new() },
    }
}
