//! What comes of many series: rows, and the fleet in a few figures.

use chrono::{DateTime, Utc};
use forescale::Level;
use forescale::fleet::{Answer, FleetSummary};
use forescale_sources::{TableColumn, Values};

use super::frame::{Cells, Frame, tidy};
use super::table;

/// Intervals of every forecast, in percent.
const LEVELS: [f64; 2] = [80.0, 95.0];

/// Failures that people are shown.
const SHOWN: usize = 5;

/// The rows of forecasts and plans in the making.
#[derive(Debug, Default)]
pub struct Rows {
    names: Vec<Option<String>>,
    times: Vec<Option<DateTime<Utc>>>,
    medians: Vec<f64>,
    bounds: [Vec<f64>; 2 * LEVELS.len()],
    instances: Vec<Option<i64>>,
    skills: Vec<f64>,
    degraded: Vec<Option<String>>,
    errors: Vec<Option<String>>,
}

impl Rows {
    /// A row for each step of an answer; one that says why there is none.
    pub fn add(&mut self, name: &str, answer: &Result<Answer, String>) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(reason) => {
                self.row(name, None, f64::NAN, [f64::NAN; 2 * LEVELS.len()]);
                self.instances.push(None);
                self.skills.push(f64::NAN);
                self.degraded.push(None);
                self.errors.push(Some(reason.clone()));
                return;
            }
        };
        let instances = answer.instances();
        // Said once a series: in each of its rows it would be most of what is written.
        let mut degraded = Some(answer.degraded.join("; ")).filter(|reasons| !reasons.is_empty());
        for h in 0..answer.forecast.steps() {
            let mut bounds = [f64::NAN; 2 * LEVELS.len()];
            for (at, level) in LEVELS.into_iter().enumerate() {
                let level = Level::new(level).expect("80 and 95 are levels");
                (bounds[LEVELS.len() - 1 - at], bounds[LEVELS.len() + at]) =
                    answer.forecast.interval(h, level);
            }
            let time = answer.forecast.time_at(h);
            self.row(name, Some(time), answer.forecast.point(h), bounds);
            self.instances.push(instances.as_ref().map(|counts| counts[h] as i64));
            self.skills.push(answer.skill.unwrap_or(f64::NAN));
            self.degraded.push(degraded.take());
            self.errors.push(None);
        }
    }

    fn row(
        &mut self,
        name: &str,
        time: Option<DateTime<Utc>>,
        median: f64,
        bounds: [f64; 2 * LEVELS.len()],
    ) {
        self.names.push(Some(name.to_owned()));
        self.times.push(time);
        self.medians.push(median);
        self.bounds.iter_mut().zip(bounds).for_each(|(column, bound)| column.push(bound));
    }

    /// The columns; `planned` adds the instances.
    pub fn columns(self, planned: bool) -> Vec<TableColumn> {
        let mut columns = vec![
            column("unique_id", Values::Text(self.names)),
            column("ds", Values::SomeMoments(self.times)),
            numbers("forescale", self.medians),
        ];
        // As the field has them: from the lowest bound to the highest.
        let names = LEVELS.iter().rev().map(|level| ("lo", level));
        let names = names.chain(LEVELS.iter().map(|level| ("hi", level)));
        for ((end, level), bounds) in names.zip(self.bounds) {
            columns.push(numbers(&format!("forescale-{end}-{level}"), bounds));
        }
        if planned {
            columns.push(column("instances", Values::SomeIntegers(self.instances)));
        }
        columns.push(numbers("skill", self.skills));
        columns.push(column("degraded", Values::Text(self.degraded)));
        columns.push(column("error", Values::Text(self.errors)));
        columns
    }
}

/// A column of a table.
pub fn column(name: &str, values: Values) -> TableColumn {
    TableColumn { name: name.to_owned(), values }
}

/// A column of numbers, each cut to what it can mean.
pub fn numbers(name: &str, values: Vec<f64>) -> TableColumn {
    column(name, Values::Numbers(values.into_iter().map(tidy).collect()))
}

/// The instances of all series together, as rows.
pub fn frame(summary: &FleetSummary) -> Frame {
    let (times, counts) = summary.instances.steps().iter().map(|(at, n)| (*at, *n as i64)).unzip();
    Frame::default().with("ds", Cells::Time(times)).with("instances", Cells::Whole(counts))
}

/// The fleet in a few lines.
pub fn human(summary: &FleetSummary, out: &str, planned: bool) -> String {
    let FleetSummary { series, failed, degraded, measured, .. } = summary;
    let mut facts = vec![
        ("series", format!("{series}, {failed} failed, {degraded} degraded")),
        (
            "skill",
            match measured {
                0 => "not measured".to_owned(),
                _ => format!(
                    "{:.3} in the mean, 1 less the loss over that of seasonal naive; better for {} of {measured}",
                    summary.mean_skill, summary.better_than_yardstick
                ),
            },
        ),
    ];
    if planned {
        facts.push((
            "instances",
            match summary.peak_of_sum {
                Some(peak) => {
                    format!(
                        "{peak} at the peak of the sum, {} as the sum of the peaks",
                        summary.sum_of_peaks
                    )
                }
                None => format!(
                    "{} as the sum of the peaks; no moment is in nine tenths of the plans",
                    summary.sum_of_peaks
                ),
            },
        ));
    }
    facts.push(("rows in", out.to_owned()));
    let mut text = table::facts(&facts);
    for (name, reason) in summary.failures.iter().take(SHOWN) {
        text.push_str(&format!("failed: {name:?}: {reason}\n"));
    }
    if *failed > SHOWN {
        text.push_str(&format!("and {} more: see the column error\n", failed - SHOWN));
    }
    text
}
