//! A replay as a picture: on the terminal, and as a page of its own.

use std::path::Path;

use chrono::TimeDelta;
use chrono_tz::Tz;
use forescale::{FrontierPoint, LoadSeries, Outcome, World};
use forescale_report::chart::{self, TerminalStyle};
use forescale_report::{
    HistoryPoint, IncidentView, PolicyView, ReplayData, ReportData, render_replay,
};
use forescale_sources::write_atomically;
use serde_json::{Map, Value};

use super::table;
use crate::args::ReplayArgs;
use crate::failure::Failure;
use crate::input::source_failure;

/// The last days of the scored time that are drawn on the terminal.
const DRAWN: TimeDelta = TimeDelta::days(3);

/// Worst times of a policy that a page lists.
const INCIDENTS: usize = 5;

/// What is drawn: the outcomes by merit.
pub struct Picture<'a> {
    /// The command line.
    pub args: &'a ReplayArgs,
    /// The world they were replayed in.
    pub world: &'a World,
    /// The load.
    pub series: &'a LoadSeries,
    /// The service's zone.
    pub zone: Tz,
    /// Names and outcomes, the best first.
    pub merit: &'a [&'a (String, &'a Outcome)],
    /// What the clairvoyant pays at each price of a violation.
    pub frontier: &'a [FrontierPoint],
}

impl Picture<'_> {
    /// The load and the instances of the best policy over the last days.
    pub fn terminal(&self, color: bool) -> String {
        let Some((name, best)) = self.merit.first() else {
            return String::new();
        };
        let (from, to) = self.scored_ms();
        let from = from.max(to - DRAWN.num_milliseconds());
        let mut data = ReportData::new("", self.series.end(), self.zone);
        data.history = HistoryPoint::of_series(self.series);
        let width = usize::from(table::width()).min(120);
        let style = TerminalStyle { width, height: 22, color, unicode: true };
        let drawn = chart::replayed(&data, &self.changes(best), (from, to), &style);
        format!("{drawn}instances of {name}, the best by the table below\n")
    }

    /// Writes the page.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(
        &self,
        file: &Path,
        settings: &Map<String, Value>,
        warnings: &[String],
    ) -> Result<(), Failure> {
        let capacity = self.world.service().capacity;
        let data = ReplayData {
            title: format!("Replay of {}", self.args.input),
            zone: self.zone,
            load: HistoryPoint::of_series(self.series),
            scored_ms: self.scored_ms(),
            carried_per_instance: capacity.carries(forescale::Replicas(1)),
            budget: self.args.within.budget,
            policies: self.merit.iter().map(|(name, outcome)| self.view(name, outcome)).collect(),
            frontier: self
                .frontier
                .iter()
                .map(|point| (point.under_provisioned_time, point.cost_over_clairvoyant))
                .collect(),
            settings: settings.clone().into(),
            warnings: warnings.to_vec(),
        };
        write_atomically(file, render_replay(&data).as_bytes()).map_err(source_failure)
    }

    fn view(&self, name: &str, outcome: &Outcome) -> PolicyView {
        let card = &outcome.scorecard;
        let incident = |incident: &forescale::Incident| IncidentView {
            from: incident.start.timestamp_millis(),
            to: incident.end.timestamp_millis(),
            missing: incident.missing,
            peak_load: incident.peak_load,
        };
        PolicyView {
            name: name.to_owned(),
            strategy: outcome.strategy.to_string(),
            cost: card.cost,
            over_optimum: card.cost_over_clairvoyant,
            too_few: card.under_provisioned_time,
            slo_missed: card.slo_violation_share.utilization,
            changes_per_day: card.actions_per_day,
            serving: self.changes(outcome),
            incidents: card.incidents.iter().take(INCIDENTS).map(incident).collect(),
        }
    }

    fn changes(&self, outcome: &Outcome) -> Vec<(i64, u32)> {
        let service = self.world.service();
        let step_ms = service.step.seconds() * 1_000;
        PolicyView::changes(&outcome.run.serving, service.start.timestamp_millis(), step_ms)
    }

    fn scored_ms(&self) -> (i64, i64) {
        let service = self.world.service();
        let steps = self.world.trace().loads().len();
        let ms = |step: usize| service.time_at(step).timestamp_millis();
        (ms(self.world.score_from()), ms(steps))
    }
}
