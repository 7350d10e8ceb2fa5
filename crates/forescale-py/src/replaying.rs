//! `replay` and `advise`: what policies would have done on a history.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{
    Bound, Capacity, EngineOptions, FleetSettings, Frequency, LifecycleSettings, LoadSeries,
    MOST_INSTANCES, Outcome, Policy, ReplayError, ScoreSettings, Trace, Utilization, World, advise,
    create_policy, policies, replay,
};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answers;
use crate::failure::Refusal;
use crate::given::Given;
use crate::histories::{Histories, History};
use crate::progress::Told;
use crate::settings::Learning;
use crate::values::{self, Seconds, Share, Span};

/// What comes before the scored time, when nobody says.
const BURN_IN: TimeDelta = TimeDelta::days(14);

/// Days at the end of the scored time that a chart shows.
const DAYS_SHOWN: i64 = 3;

#[derive(Debug)]
struct Call {
    learning: Learning,
    asked: Asked,
}

/// The fleet, what it runs, and how it is scored.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    policies: Vec<String>,
    today: Option<String>,
    budget: Share,
    capacity: f64,
    step: Span,
    startup: Span,
    min: u32,
    max: Option<u32>,
    max_scale_up: Option<u32>,
    max_scale_down: Option<u32>,
    drain: Span,
    min_billing: Span,
    metric_latency: Span,
    launch_failures: Share,
    #[serde(default)]
    lifecycle: LifecycleSettings,
    slo_utilization: Share,
    #[serde(default = "half_a_blink")]
    max_wait: Seconds,
    score_from: Option<String>,
    #[serde(default = "one")]
    price: f64,
}

fn half_a_blink() -> Seconds {
    Seconds(0.05)
}

fn one() -> f64 {
    1.0
}

/// What each policy would have done on a series. Two texts of JSON: the answer, and what a chart shows of it.
#[pyfunction]
#[pyo3(name = "replay", signature = (settings, histories, series=None, progress=None))]
pub fn replay_of(
    py: Python<'_>,
    settings: &str,
    histories: &Histories,
    series: Option<&str>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(String, String)> {
    let call = Call::read(settings)?;
    let history = histories.one(series)?;
    let History { name, series, .. } = history;
    let told = Told::new(progress);
    let made = py.detach(|| {
        let world = call.world(series)?;
        let made = call.made()?;
        let score = ScoreSettings {
            price_per_instance_hour: call.asked.price,
            max_wait_s: call.asked.max_wait.0,
            ..ScoreSettings::default()
        };
        let (total, done) = (made.len(), AtomicUsize::new(0));
        let outcomes = replay(series, &world, made, &call.options(), &score, |_| {
            told.tell(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        })?;
        Ok::<_, Refusal>((world, outcomes))
    });
    told.check()?;
    let (world, outcomes) = made.map_err(|error| error.of(name))?;
    let notes = outcomes.iter().flat_map(|outcome| outcome.notes.iter().cloned());
    let warnings: Vec<String> = history.warnings().into_iter().chain(notes).collect();
    let parts = vec![
        ("policies", json!(outcomes)),
        ("clairvoyant", json!(Bound::of(&world))),
        ("fleet", json!(world.fleet())),
        ("warnings", json!(warnings)),
    ];
    let answer = answers::object(settings, history.data(), parts)?;
    Ok((answer, answers::text(&chart(series, &world, &outcomes))?))
}

/// Which policy a service should use. One text of JSON.
#[pyfunction]
#[pyo3(name = "advise", signature = (settings, histories, series=None, progress=None))]
pub fn advise_of(
    py: Python<'_>,
    settings: &str,
    histories: &Histories,
    series: Option<&str>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let call = Call::read(settings)?;
    let history = histories.one(series)?;
    let History { name, series, .. } = history;
    let told = Told::new(progress);
    let made = py.detach(|| {
        let world = call.world(series)?;
        let done = AtomicUsize::new(0);
        let tell = |total: usize| told.tell(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        let today = call.asked.today.as_deref();
        let budget = call.asked.budget.0;
        Ok::<_, Refusal>(advise(series, &world, today, budget, &call.options(), tell)?)
    });
    told.check()?;
    let advice = made.map_err(|error| error.of(name))?;
    let parts = vec![("advice", json!(advice)), ("warnings", json!(history.warnings()))];
    answers::object(settings, history.data(), parts)
}

impl Call {
    fn read(settings: &str) -> Result<Self, Refusal> {
        let given = Given::new(settings)?;
        let learning: Learning = given.part()?;
        learning.check()?;
        Ok(Self { learning, asked: given.part()? })
    }

    fn options(&self) -> EngineOptions {
        EngineOptions { seed: self.learning.seed(), ..EngineOptions::default() }
    }

    fn made(&self) -> Result<Vec<Box<dyn Policy>>, Refusal> {
        let mut names = self.asked.policies.clone();
        if names.is_empty() {
            names = policies().iter().map(|row| row.name.to_owned()).collect();
        }
        let create = |name: &String| {
            let policy = create_policy(name, self.asked.budget.0).map_err(ReplayError::Policy)?;
            match policy.files().first() {
                Some((_, file)) => {
                    Err(Refusal::new(format!("{name} reads {file:?}, which only the command does"))
                        .hint("replay it with `forescale replay`"))
                }
                None => Ok(policy),
            }
        };
        names.iter().map(create).collect()
    }

    fn world(&self, series: &LoadSeries) -> Result<World, Refusal> {
        let seconds = |span: Span| span.0.num_seconds() as f64;
        let mut lifecycle = self.asked.lifecycle.clone();
        lifecycle.launch_failures = lifecycle.launch_failures.max(self.asked.launch_failures.0);
        let fleet = FleetSettings {
            startup_s: seconds(self.asked.startup),
            drain_s: seconds(self.asked.drain),
            min_billing_s: seconds(self.asked.min_billing),
            min: self.asked.min,
            max: self.asked.max.unwrap_or(MOST_INSTANCES),
            max_up: self.asked.max_scale_up,
            max_down: self.asked.max_scale_down,
            metric_latency_s: seconds(self.asked.metric_latency),
            initial: None,
            lifecycle: lifecycle.lifecycle(self.learning.seed()),
        };
        let step = Frequency::from_seconds(self.asked.step.0.num_seconds())
            .map_err(|error| Refusal::from(error).setting("step").hint("pass a step like 1m"))?;
        let kept = Utilization::new(self.asked.slo_utilization.0)
            .map_err(|error| Refusal::from(error).setting("slo_utilization"))?;
        let capacity = Capacity::utilization(self.asked.capacity, kept)?;
        let calendar = self.learning.calendar(series)?;
        let from = self.scored_from(series, calendar.zone)?;
        let steps = (from - series.start()).num_seconds().max(0) / step.seconds();
        let steps = usize::try_from(steps).unwrap_or(usize::MAX);
        Ok(World::new(Trace::new(series, step)?, capacity, fleet, Arc::clone(&calendar), steps)?)
    }

    fn scored_from(
        &self,
        series: &LoadSeries,
        zone: chrono_tz::Tz,
    ) -> Result<DateTime<Utc>, Refusal> {
        let span = |text: &str| {
            let span = serde_json::from_value::<Span>(Value::from(text));
            span.ok().map(|span| span.0)
        };
        match self.asked.score_from.as_deref() {
            Some(text) => match span(text) {
                Some(span) => Ok(series.start() + span),
                None => values::moment(text, zone).map_err(|error| error.setting("score_from")),
            },
            None => Ok(series.start() + BURN_IN.min((series.end() - series.start()) / 2)),
        }
    }
}

/// The load over the last days, and what each policy had serving.
fn chart(series: &LoadSeries, world: &World, outcomes: &[Outcome]) -> Value {
    let service = world.service();
    let all = world.trace().loads().len();
    let shown = (DAYS_SHOWN * 86_400 / service.step.seconds()) as usize;
    let from = world.score_from().max(all.saturating_sub(shown));
    let serving = |outcome: &Outcome| {
        let counts = &outcome.run.serving;
        let changes = (from..all).filter(|k| *k == from || counts[*k] != counts[*k - 1]);
        let point = |k: usize| json!([service.time_at(k).timestamp_millis(), counts[k]]);
        changes.map(point).collect::<Value>()
    };
    let first = usize::try_from(series.index_at(service.time_at(from))).unwrap_or_default();
    json!({
        "history": answers::curve(series, first.min(series.len())),
        "serving": outcomes.iter().map(serving).collect::<Value>(),
    })
}
