//! Model-predictive control: the cheapest instances of the next half hour, found anew at every step.

mod ahead;
mod need;
mod pipeline;
mod programme;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use forescale_core::Outlook;

use crate::capacity::Sizing;
use crate::identify::ResponseModel;
use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Observation, Service};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::window::Largest;
use ahead::{Foreseen, Persistence, Price, Reach, risks};
use need::Need;
use pipeline::Pipeline;
use programme::{Fleet, Optimum, Risk, cheapest};
pub use settings::Settings;

/// Past changes of the load count with this weight less each step: about the last three hours of minutes.
const FORGETTING: f64 = 1.0 / 180.0;

/// A horizon has no more steps than this: of seconds it is four minutes.
const MOST_STEPS: usize = 240;

/// Minimises, over the start-up and a horizon after it, what instances cost and the price of too few times its
/// probability, with counts in whole instances, within the limits of the service and of change; asks for the first step
/// of the optimum, and begins anew at the next.
///
/// The probabilities are those of the outlook. A price of too few that is not given is the one at which the budget is
/// kept: an instance less costs `scale / odds` where the tail of the forecast has that scale, in instances.
/// With a target for the response time an instance carries what the model says, otherwise what the service does.
///
/// Without an outlook it takes the largest load of the last five minutes to last, with a tail as wide as past changes
/// over a start-up, and its cause says so. While metrics are missing it never scales in.
///
/// With a forecast that is always right it costs what a clairvoyant does. Limits of change are those of the fleet, or its
/// own where they are tighter.
///
/// # Errors
/// [`PolicyError::Value`] for a horizon above a day or a text that is no model, and [`PolicyError::Unsuitable`] when not
/// even an idle instance answers within the response time.
///
/// ```
/// use forescale_plan::policies::{FORESIGHTED, create};
/// let policy = create("mpc:response-time=0.2,model=queueing(0.05,20,1),max-up=4", FORESIGHTED)?;
/// assert!(policy.settings().contains(&("model", "queueing(0.05,20,1)".to_owned())));
/// # Ok::<(), forescale_plan::policies::PolicyError>(())
/// ```
#[derive(Debug)]
pub struct Mpc {
    settings: Settings,
    outlook: Option<Arc<dyn Outlook>>,
    need: Option<Need>,
    pipeline: Pipeline,
    newest: Largest,
    change: Option<f64>,
    followed: usize,
}

impl Rule for Mpc {
    type Settings = Settings;
    const NAME: &'static str = "mpc";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str =
        "the cheapest instances of the next half hour, by exact optimal control";
    const SOURCE: &'static str =
        "Rawlings, Mayne & Diehl, Model Predictive Control, 2nd ed., ch. 1 and 8";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        settings.check()?;
        Ok(Self {
            settings,
            outlook: None,
            need: None,
            pipeline: Pipeline::default(),
            newest: Largest::new(1),
            change: None,
            followed: 0,
        })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        self.outlook = past.foresight.outlook.clone();
        self.need = Some(need(&self.settings, past.service)?);
        self.pipeline = Pipeline::default();
        self.newest = Largest::new(past.service.steps_in(300.0));
        (self.change, self.followed) = (None, 0);
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let ready = self.pipeline.ready(seen);
        let total = seen.total();
        let newest = self.newest.of(seen.loads).filter(|load| load.is_finite());
        self.follow(seen);
        let (Some(newest), Some(need)) = (newest, &self.need) else {
            return Decision::new(total, Cause::NoData);
        };
        let fleet = self.fleet(seen, ready);
        let (risks, tail) = self.ahead(seen, need, newest, fleet.is_limited());
        let best = cheapest(&fleet, &risks);
        if seen.stale_steps > 0 && best.first < fleet.total {
            return Decision::new(fleet.total, Cause::NoData);
        }
        Decision::new(best.first, cause(seen, &fleet, &best, &risks, tail))
    }
}

impl Mpc {
    /// Learns how much the load changes over a start-up.
    fn follow(&mut self, seen: &Observation<'_>) {
        let lead = seen.service.startup_steps + 1;
        for k in self.followed.max(lead)..seen.loads.len() {
            let change = (seen.loads[k] - seen.loads[k - lead]).abs();
            if change.is_finite() {
                let before = self.change.unwrap_or(change);
                self.change = Some(before + FORGETTING * (change - before));
            }
        }
        self.followed = seen.loads.len();
    }

    fn fleet(&self, seen: &Observation<'_>, ready: Vec<u32>) -> Fleet {
        let tighter = |own: Option<u32>, of_fleet| own.into_iter().chain(of_fleet).min();
        let max_up = tighter(self.settings.max_up, seen.service.max_up);
        let max_down = tighter(self.settings.max_down, seen.service.max_down);
        let (min, max) = (seen.service.min, seen.service.max);
        Fleet { ready, total: seen.total(), min, max, max_up, max_down }
    }

    /// The risks of the horizon: by the outlook, or else by the newest load, whose tail is given as well.
    fn ahead(
        &self,
        seen: &Observation<'_>,
        need: &Need,
        newest: f64,
        apart: bool,
    ) -> (Vec<Risk>, Option<Persistence>) {
        let startup = seen.service.startup_steps + 1;
        let beyond = seen.service.steps_in(self.settings.horizon).min(MOST_STEPS);
        let steps = startup + beyond;
        let reach = Reach { steps, startup, apart };
        let Settings { budget, slo_price, price, margin, .. } = self.settings;
        let price =
            if slo_price > 0.0 { Price::Steps(slo_price / price) } else { Price::Budget(budget) };
        if let Some(outlook) = self.outlook.as_deref() {
            let tail = Foreseen { outlook, known: seen.loads.len() };
            let risks = risks(&tail, seen, need, price, reach);
            if !risks.is_empty() {
                return (risks, None);
            }
        }
        let change = self.change.unwrap_or(0.0).max(margin * newest);
        let tail = Persistence { load: newest, change };
        (risks(&tail, seen, need, price, reach), Some(tail))
    }
}

/// What a load is turned into instances by.
fn need(settings: &Settings, service: &Service) -> Result<Need, PolicyError> {
    if settings.response_time == 0.0 {
        return Ok(Need::Objective(service.capacity));
    }
    let model = settings.model.parse().unwrap_or_else(|_| queue_of(service));
    if model.utilization_for(settings.response_time) > 0.0 {
        return Ok(Need::within(settings.response_time, &model));
    }
    let (least, wanted) = (model.seconds(0.0, 1), settings.response_time);
    let reason = format!(
        "should keep a response time of {wanted} s, but an idle instance takes {least:.4} s by {model}"
    );
    Err(PolicyError::Unsuitable { policy: Mpc::NAME, reason })
}

/// A queue before instances with the capacity of the service, one request at a time unless its objective says more.
fn queue_of(service: &Service) -> ResponseModel {
    let load_per_instance = service.capacity.load_per_instance();
    let service_time_s = match service.capacity.sizing() {
        Sizing::Wait { service_time_s, .. } => service_time_s,
        Sizing::Utilization(_) => 1.0 / load_per_instance,
    };
    let slots = (load_per_instance * service_time_s).round().max(1.0) as u32;
    ResponseModel::Queueing { service_time_s, load_per_instance, slots }
}

/// Why `best` is asked for: the limit of change, or the load of the step that needs the most.
fn cause(
    seen: &Observation<'_>,
    fleet: &Fleet,
    best: &Optimum,
    risks: &[Risk],
    tail: Option<Persistence>,
) -> Cause {
    let newest = best.serving.iter().copied().max().unwrap_or(best.first);
    let is_limit = |limit: Option<u32>| limit == Some(best.first.abs_diff(fleet.total));
    if best.first > fleet.total && newest > best.first && is_limit(fleet.max_up) {
        return Cause::RateLimited { newest };
    }
    if best.first < fleet.total && newest < best.first && is_limit(fleet.max_down) {
        return Cause::RateLimited { newest };
    }
    if let Some(Persistence { load, change }) = tail {
        return Cause::Persistence { load, change };
    }
    let soon = best.serving.iter().take(fleet.startup() + 1).enumerate();
    let most = soon.max_by_key(|(k, count)| (**count, std::cmp::Reverse(*k)));
    let k = most.map_or(0, |(k, _)| k);
    Cause::Forecast { load: risks[k].load, at: seen.service.time_at(seen.step + k) }
}
