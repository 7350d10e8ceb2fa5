//! A made-up report: two weeks of a web shop in Berlin and a day of plan, the same on every run.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Level, Quantile, Replicas, Utilization};
use forescale_plan::{
    Action, Binding, Capacity, ForecastNotes, Headroom, Objective, Peak, PlanSettings, Reason,
    Recommendation, ScalePlan,
};
use forescale_report::{
    BacktestRow, Coverage, ForecastBand, ForecastRow, HistoryPoint, MemberView, ReportData,
    WeightAt,
};

const STEP_MINUTES: i64 = 5;
const PER_INSTANCE: f64 = 100.0;
const TARGET: f64 = 0.8;
const STARTUP_MINUTES: i64 = 5;
const CURRENT: u32 = 9;
const MAX: u32 = 10;

/// The whole report.
pub fn report() -> ReportData {
    let now: DateTime<Utc> = "2026-03-25T09:00:00Z".parse().expect("a time");
    let mut data = ReportData::new("Web shop", now, chrono_tz::Europe::Berlin);
    data.load_unit = "requests/s".to_owned();
    data.history = history(now);
    data.forecast = forecast(now);
    data.plan = Some(plan(now, &data.forecast));
    data.backtest = backtest();
    data.members = members();
    data.notes = vec!["37 of 4032 samples were missing and stay gaps.".to_owned()];
    data.warnings = vec![
        "The load on 25 March needs 11 instances at the 97.5 % quantile, and the maximum is 10."
            .to_owned(),
    ];
    data.settings = serde_json::json!({"horizon": "24h", "step": "5m", "capacity": PER_INSTANCE,
        "target-utilization": TARGET, "budget": 0.01, "seed": 7, "now": now});
    data
}

/// What the shop does on average: the shape of a day and of a week.
fn usual(time: DateTime<Utc>) -> f64 {
    let hours = time.timestamp() as f64 / 3_600.0;
    let day = (std::f64::consts::TAU * (hours - 7.0) / 24.0).sin();
    let weekend = if (time.timestamp() / 86_400 + 3) % 7 >= 5 { 0.6 } else { 1.0 };
    weekend * (450.0 + 310.0 * day + 60.0 * (2.0 * day).cos())
}

/// The same with a small repeatable noise.
fn load(time: DateTime<Utc>) -> f64 {
    let noise = (time.timestamp() as f64 / 3_600.0 * 12.9898).sin() * 43_758.545_3;
    usual(time) + 40.0 * (noise - noise.floor() - 0.5)
}

fn history(now: DateTime<Utc>) -> Vec<HistoryPoint> {
    let steps = 14 * 24 * 60 / STEP_MINUTES;
    let point = |i: i64| {
        let time = now - TimeDelta::minutes(STEP_MINUTES * (steps - i));
        let gap = (2_500..2_537).contains(&i);
        HistoryPoint { time_ms: time.timestamp_millis(), load: (!gap).then(|| load(time)) }
    };
    (0..steps).map(point).collect()
}

fn forecast(now: DateTime<Utc>) -> ForecastBand {
    let row = |h: i64| {
        let time = now + TimeDelta::minutes(STEP_MINUTES * h);
        let median = usual(time);
        let spread = 12.0 + 3.0 * (h as f64).sqrt();
        let interval = |z: f64| ((median - z * spread).max(0.0), median + z * spread);
        let intervals = vec![interval(1.28), interval(1.96)];
        ForecastRow { time_ms: time.timestamp_millis(), median, intervals }
    };
    let step_ms = STEP_MINUTES * 60_000;
    ForecastBand { step_ms, levels: vec![80.0, 95.0], rows: (0..288).map(row).collect() }
}

/// One row for each half hour in which the need for the upper bound changes.
fn plan(now: DateTime<Utc>, forecast: &ForecastBand) -> ScalePlan {
    let mut recommendations: Vec<Recommendation> = Vec::new();
    let mut instances = CURRENT;
    for (i, steps) in forecast.rows.chunks(6).enumerate() {
        let upper = steps.iter().map(|step| step.intervals[1].1).fold(0.0, f64::max);
        let needed = (upper / (PER_INSTANCE * TARGET)).ceil() as u32;
        if i == 0 || needed.min(MAX) != instances {
            let at = now + TimeDelta::minutes(30 * i as i64);
            recommendations.push(recommendation(at, instances, needed, upper, steps));
            instances = needed.min(MAX);
        }
    }
    ScalePlan { now, settings: settings(), recommendations, warnings: Vec::new() }
}

fn recommendation(
    at: DateTime<Utc>,
    before: u32,
    needed: u32,
    load: f64,
    steps: &[ForecastRow],
) -> Recommendation {
    let wanted = needed.min(MAX);
    let change = i64::from(wanted) - i64::from(before);
    let (action, wait) = match change {
        1.. => (Action::ScaleUp, STARTUP_MINUTES),
        0 => (Action::Hold, 0),
        _ => (Action::ScaleDown, 0),
    };
    let median = steps.iter().map(|step| step.median).sum::<f64>() / steps.len() as f64;
    let expected_need = (median / (PER_INSTANCE * TARGET)).ceil();
    let binding = if needed > MAX { Binding::Max(MAX) } else { Binding::Demand };
    let quantile = Quantile::new(0.975).ok();
    let peak = Peak { load, at, needed, quantile, chosen_by: None };
    let carried_by = vec!["quantile-forest".to_owned(), "seasonal-naive".to_owned()];
    let notes = Arc::new(ForecastNotes { carried_by, ..ForecastNotes::default() });
    Recommendation {
        at,
        effective_at: at + TimeDelta::minutes(wait),
        action,
        instances: Replicas(wanted),
        change,
        expected_load: median,
        lower: steps.iter().map(|step| step.intervals[0].0).fold(f64::INFINITY, f64::min),
        upper: steps.iter().map(|step| step.intervals[0].1).fold(0.0, f64::max),
        level: level(),
        headroom: Headroom {
            instances: i64::from(wanted) - expected_need as i64,
            percent: (f64::from(wanted) / expected_need - 1.0) * 100.0,
        },
        confidence: if needed > MAX { 0.951 } else { 0.987 },
        reason: Reason { binding, peak, late: None, notes },
    }
}

fn level() -> Level {
    Level::new(80.0).expect("80 % is a level")
}

fn settings() -> PlanSettings {
    let target = Utilization::new(TARGET).expect("a share");
    PlanSettings {
        capacity: Capacity::utilization(PER_INSTANCE, target).expect("a capacity"),
        objective: Objective::Budget(0.01),
        quantile: Quantile::new(0.975).ok(),
        min: Replicas(1),
        max: Some(Replicas(MAX)),
        max_up: None,
        max_down: None,
        cooldown: TimeDelta::zero(),
        stabilization: TimeDelta::zero(),
        startup: TimeDelta::minutes(STARTUP_MINUTES),
        current: Replicas(CURRENT),
        starting: 0,
        level: level(),
        event_price: 0.0,
        all_steps: false,
        cold_start: None,
    }
}

fn backtest() -> Vec<BacktestRow> {
    let rows = [
        ("ensemble", "0-1h", 0.0311, 0.61, 0.64, (0.804, 0.951)),
        ("ensemble", "1-24h", 0.0402, 0.78, 0.81, (0.79, 0.944)),
        ("quantile-forest", "0-1h", 0.0339, 0.66, 0.70, (0.781, 0.93)),
        ("quantile-forest", "1-24h", 0.0431, 0.83, 0.87, (0.77, 0.921)),
        ("fft-seasonality", "0-1h", 0.0555, 1.12, 1.14, (0.83, 0.96)),
        ("fft-seasonality", "1-24h", 0.0561, 1.10, 1.13, (0.82, 0.955)),
        ("seasonal-naive", "0-1h", 0.0486, 1.0, 1.0, (0.80, 0.95)),
        ("seasonal-naive", "1-24h", 0.0496, 1.0, 1.0, (0.80, 0.95)),
    ];
    let row = |(predictor, horizon, wql, mase, ratio, (in80, in95)): (
        &str,
        &str,
        f64,
        f64,
        f64,
        (f64, f64),
    )| BacktestRow {
        predictor: predictor.to_owned(),
        horizon: horizon.to_owned(),
        wql,
        mase,
        coverage: vec![
            Coverage { level: 80.0, share: in80 },
            Coverage { level: 95.0, share: in95 },
        ],
        relative_wql: Some(ratio),
    };
    rows.into_iter().map(row).collect()
}

fn members() -> Vec<MemberView> {
    let member = |name: &str, near: f64, far: f64| MemberView {
        name: name.to_owned(),
        weights: vec![
            WeightAt { horizon: "0-1h".to_owned(), weight: near },
            WeightAt { horizon: "1-24h".to_owned(), weight: far },
        ],
        left_out: None,
    };
    let left_out = MemberView {
        name: "neural".to_owned(),
        weights: Vec::new(),
        left_out: Some("it returned NaN at 1 of 12 origins".to_owned()),
    };
    vec![
        member("quantile-forest", 0.7, 0.5),
        member("seasonal-naive", 0.2, 0.4),
        member("fft-seasonality", 0.1, 0.1),
        left_out,
    ]
}
