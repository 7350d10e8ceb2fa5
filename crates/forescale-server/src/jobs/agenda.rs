//! What is due and what is at work: a state machine without a clock, a thread or a disk.

use chrono::{DateTime, TimeDelta, Utc};

use super::Rhythm;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// Forecast and plan.
    Forecast,
    /// Compare past forecasts with what came.
    Evaluate,
    /// Learn anew.
    Train,
    /// Find out how good forecasts would have been.
    Backtest,
    /// Find out what policies would have done.
    Replay,
}

impl JobKind {
    /// Every kind; the most urgent first.
    pub const ALL: [Self; 5] =
        [Self::Forecast, Self::Evaluate, Self::Train, Self::Backtest, Self::Replay];

    /// Its name, in labels and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forecast => "forecast",
            Self::Evaluate => "evaluate",
            Self::Train => "train",
            Self::Backtest => "backtest",
            Self::Replay => "replay",
        }
    }

    /// Whether it takes long: such jobs leave a worker to the others.
    pub fn is_long(self) -> bool {
        matches!(self, Self::Train) || self.looks_back()
    }

    /// Whether nothing waits for it but who looks at the past.
    pub fn looks_back(self) -> bool {
        matches!(self, Self::Backtest | Self::Replay)
    }
}

/// A job of a target, by its place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Job {
    /// What it does.
    pub kind: JobKind,
    /// For which target.
    pub target: usize,
}

/// The first wait after a failure of a job that would else wait for hours; it doubles up to an hour.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);

/// The longest wait after failures.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// What is due and what is at work.
#[derive(Debug, Default)]
pub struct Agenda {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    job: Job,
    rhythm: Rhythm,
    last: Option<DateTime<Utc>>,
    asked: bool,
    at_work: bool,
    failures: u32,
    retry: Option<DateTime<Utc>>,
}

impl Agenda {
    /// Adds a job that was last begun at `last`.
    pub fn add(&mut self, job: Job, rhythm: Rhythm, last: Option<DateTime<Utc>>) {
        let (asked, at_work, failures, retry) = (false, false, 0, None);
        self.entries.push(Entry { job, rhythm, last, asked, at_work, failures, retry });
    }

    /// The jobs that are due at `now` and not at work: what was asked for first, then the most urgent kind, then what
    /// has waited longest; what looks back comes last.
    pub fn due(&mut self, now: DateTime<Utc>) -> Vec<Job> {
        let mut due: Vec<_> = self.entries.iter_mut().filter_map(|entry| entry.due(now)).collect();
        due.sort_unstable();
        due.into_iter().map(|(.., job)| job).collect()
    }

    /// Notes that `job` begins at `now`; false when it is at work already.
    pub fn begin(&mut self, job: Job, now: DateTime<Utc>) -> bool {
        let Some(entry) = self.entry(job).filter(|entry| !entry.at_work) else { return false };
        let due = entry.rhythm.due(entry.last, now).unwrap_or(now);
        entry.last = Some(entry.rhythm.begun(due, now));
        (entry.at_work, entry.asked, entry.retry) = (true, false, None);
        true
    }

    /// Notes that `job` is over. After a failure it is tried again before its time, ever later.
    pub fn end(&mut self, job: Job, now: DateTime<Utc>, success: bool) {
        let Some(entry) = self.entry(job) else { return };
        entry.at_work = false;
        entry.failures = if success { 0 } else { entry.failures.saturating_add(1) };
        entry.retry = (!success).then(|| now + wait(entry.failures));
    }

    /// Makes `job` due at once, or when it is over if it is at work.
    pub fn ask(&mut self, job: Job) {
        if let Some(entry) = self.entry(job) {
            entry.asked = true;
        }
    }

    /// Makes `job` due because of something seen at `seen`, unless it has begun since or waits after a failure.
    pub fn want(&mut self, job: Job, seen: DateTime<Utc>) {
        if let Some(entry) = self.entry(job) {
            let begun = entry.at_work || entry.last.is_some_and(|last| last >= seen);
            entry.asked |= !begun && entry.retry.is_none();
        }
    }

    fn entry(&mut self, job: Job) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.job == job)
    }
}

impl Entry {
    /// In the order in which jobs begin.
    fn due(&mut self, now: DateTime<Utc>) -> Option<(bool, bool, JobKind, DateTime<Utc>, Job)> {
        // A clock that was set back must not stop the job until it has caught up.
        self.last = self.last.map(|last| last.min(now));
        self.retry = self.retry.map(|retry| retry.min(now + LONGEST_WAIT));
        let asked = self.asked.then_some(now);
        let retry = self.retry.filter(|retry| *retry <= now);
        let since = asked.or(retry).or_else(|| self.rhythm.due(self.last, now))?;
        let kind = self.job.kind;
        (!self.at_work).then_some((kind.looks_back(), !self.asked, kind, since, self.job))
    }
}

fn wait(failures: u32) -> TimeDelta {
    let doubled = FIRST_WAIT * 2_i32.pow(failures.saturating_sub(1).min(10));
    doubled.min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORECAST: Job = Job { kind: JobKind::Forecast, target: 0 };
    const TRAIN: Job = Job { kind: JobKind::Train, target: 0 };

    fn second(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(second)
    }

    fn agenda() -> Agenda {
        let mut agenda = Agenda::default();
        agenda.add(TRAIN, Rhythm::Every(TimeDelta::days(1)), Some(second(0)));
        agenda.add(FORECAST, Rhythm::Every(TimeDelta::minutes(1)), Some(second(0)));
        agenda
    }

    #[test]
    fn what_is_at_work_does_not_begin_again() {
        let mut agenda = agenda();
        assert!(agenda.begin(FORECAST, second(60)));
        assert!(!agenda.begin(FORECAST, second(61)));
        assert_eq!(agenda.due(second(600)), []);
        agenda.end(FORECAST, second(601), true);
        assert_eq!(agenda.due(second(601)), [FORECAST]);
    }

    #[test]
    fn what_was_asked_for_comes_first_and_forecasts_before_training() {
        let mut agenda = agenda();
        let day = second(90_000);
        assert_eq!(agenda.due(day), [FORECAST, TRAIN]);
        agenda.ask(TRAIN);
        assert_eq!(agenda.due(day), [TRAIN, FORECAST]);
    }

    #[test]
    fn what_looks_back_comes_last_even_when_it_was_asked_for() {
        let mut agenda = agenda();
        let replay = Job { kind: JobKind::Replay, target: 0 };
        agenda.add(replay, Rhythm::Once, Some(second(0)));
        assert!(!agenda.due(second(90_000)).contains(&replay));
        agenda.ask(replay);
        assert_eq!(agenda.due(second(90_000)), [FORECAST, TRAIN, replay]);
    }

    #[test]
    fn a_failure_is_tried_again_ever_later() {
        let mut agenda = agenda();
        let mut waits = Vec::new();
        let mut now = second(86_400);
        for _ in 0..9 {
            agenda.begin(TRAIN, now);
            agenda.end(TRAIN, now, false);
            let begun = now;
            while !agenda.due(now).contains(&TRAIN) {
                now += TimeDelta::minutes(1);
            }
            waits.push((now - begun).num_minutes());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn what_is_wanted_again_while_it_runs_runs_once() {
        let mut agenda = agenda();
        agenda.want(TRAIN, second(100));
        assert!(agenda.due(second(100)).contains(&TRAIN));
        agenda.begin(TRAIN, second(100));
        agenda.want(TRAIN, second(100));
        agenda.end(TRAIN, second(130), true);
        agenda.want(TRAIN, second(100));
        assert!(!agenda.due(second(130)).contains(&TRAIN));
    }

    proptest! {
        /// However the clock jumps, a job runs at most once for every jump and every interval that passed.
        #[test]
        fn no_storm_whatever_the_clock_does(jumps in prop::collection::vec(-200_000_i64..200_000, 1..60)) {
            let mut agenda = agenda();
            let (mut now, mut runs) = (second(0), 0);
            for jump in &jumps {
                now += TimeDelta::seconds(*jump);
                for look in 0..5 {
                    let moment = now + TimeDelta::seconds(look);
                    if agenda.due(moment).contains(&FORECAST) {
                        prop_assert!(agenda.begin(FORECAST, moment));
                        agenda.end(FORECAST, moment, true);
                        runs += 1;
                    }
                }
            }
            prop_assert!(runs <= jumps.len());
        }

        /// After any jump a job runs again within one interval.
        #[test]
        fn no_jump_stops_a_job(jump in -2_000_000_i64..2_000_000) {
            let mut agenda = agenda();
            agenda.begin(FORECAST, second(60));
            agenda.end(FORECAST, second(60), true);
            let now = second(60 + jump);
            let soon = (0..=60).any(|wait| !agenda.due(now + TimeDelta::seconds(wait)).is_empty());
            prop_assert!(soon);
        }
    }
}
