//! The worked example that the documents quote: half an hour, one fleet, the exact plan.
//!
//! An instance carries 10 when saturated and may be 80 % busy, so it carries 8. Start-up takes 5 minutes, one step.
//! A budget of 5 % takes the 90 % quantile.

use forescale_core::{Forecast, Frequency, Quantiles};
use forescale_plan::{ForecastNotes, Objective, PlanOptions, ScalePlan};

use crate::fixture::{clock, eights, fleet, ten};

/// The 10 %, 50 %, 90 % and 99 % quantile of six steps, and what the 90 % quantile needs.
const FORECAST: [([f64; 4], u32); 6] = [
    ([80.0, 96.0, 120.0, 128.0], 15),
    ([80.0, 96.0, 120.0, 128.0], 15),
    ([136.0, 160.0, 192.0, 208.0], 24),
    ([176.0, 200.0, 233.0, 240.0], 30),
    ([104.0, 120.0, 144.0, 160.0], 18),
    ([80.0, 96.0, 114.0, 120.0], 15),
];

fn example() -> ScalePlan {
    let values = FORECAST.iter().flat_map(|(row, _)| *row).collect();
    let quantiles = Quantiles::new([0.1, 0.9, 0.99]).unwrap();
    let step = Frequency::from_seconds(300).unwrap();
    let forecast = Forecast::new(ten(), step, quantiles, values).unwrap();
    let options = PlanOptions { objective: Objective::Budget(0.05), ..PlanOptions::default() };
    let notes = ForecastNotes { carried_by: vec!["seasonal-naive".into()], ..Default::default() };
    forescale_plan::plan(&forecast, &fleet(15, 5), &eights(), &options, &notes).unwrap()
}

#[test]
fn each_step_needs_its_quantile() {
    for (row, needed) in FORECAST {
        assert_eq!(eights().needed(row[2]).unwrap().0, needed);
    }
}

#[test]
fn the_plan_is_this_table() {
    let rows: Vec<String> = example()
        .recommendations
        .iter()
        .map(|r| {
            format!(
                "{} {} {:10} {:2} {:+3} {:3} {:3} {:3} {:+} {:4.1}% {:.2}",
                clock(r.at),
                clock(r.effective_at),
                r.action,
                r.instances.0,
                r.change,
                r.expected_load,
                r.lower,
                r.upper,
                r.headroom.instances,
                r.headroom.percent,
                r.confidence,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "10:00 10:00 hold       15  +0  96  80 120 +3 25.0% 0.90",
            "10:05 10:10 scale_up   24  +9 160 136 192 +4 20.0% 0.90",
            "10:10 10:15 scale_up   30  +6 200 176 233 +5 20.0% 0.99",
            "10:20 10:20 scale_down 18 -12 120 104 144 +3 20.0% 0.90",
            "10:25 10:25 scale_down 15  -3  96  80 114 +3 25.0% 0.99",
        ]
    );
}

#[test]
fn a_recommendation_is_this_json() {
    insta::assert_json_snapshot!(example().recommendations[1], @r#"
    {
      "at": "2026-01-05T10:05:00Z",
      "effective_at": "2026-01-05T10:10:00Z",
      "action": "scale_up",
      "instances": 24,
      "change": 9,
      "expected_load": 160.0,
      "lower": 136.0,
      "upper": 192.0,
      "level": 80.0,
      "headroom": {
        "instances": 4,
        "percent": 20.0
      },
      "confidence": 0.9,
      "reason": "the 90 % quantile of the load, 192 at 2026-01-05 10:10Z, needs 24 instances; forecast by seasonal-naive"
    }
    "#);
}

#[test]
fn the_settings_are_this_json() {
    let plan = serde_json::to_value(example()).unwrap();
    assert_eq!(plan["now"], "2026-01-05T10:00:00Z");
    assert_eq!(plan["warnings"], serde_json::json!([]));
    insta::assert_json_snapshot!(plan["settings"], @r#"
    {
      "load_per_instance": 10.0,
      "sizing": {
        "utilization": 0.8
      },
      "objective": {
        "budget": 0.05
      },
      "quantile": 0.9,
      "min": 1,
      "max": null,
      "max_up": null,
      "max_down": null,
      "cooldown": "0s",
      "stabilization": "0s",
      "startup": "5m",
      "current": 15,
      "starting": 0,
      "level": 80.0,
      "event_price": 0.0,
      "all_steps": false
    }
    "#);
}
