//! Who is handed a plan.

use chrono::TimeDelta;
use forescale_server::Config;

use crate::support::{Mood, Served, TARGET, daily, serve};

/// A service whose target has `outputs`.
fn handing(outputs: &str) -> Served {
    let served = serve("", &format!("{TARGET}{outputs}"), daily);
    served.settle();
    served
}

#[test]
fn every_plan_is_written_to_the_files_of_its_target() {
    let served = handing("[[target.outputs.export]]\nto = \"somebody\"\n");
    let first = served.memory.written();
    let (newest, held) = first.last().expect("a plan was written");
    assert_eq!(*newest, served.get("/api/v1/targets/web/plan").1["plan"]);
    assert!(!held && first.iter().all(|(_, held)| !held));
    served.pass(TimeDelta::minutes(5));
    assert!(served.memory.written().len() > first.len());
}

#[test]
fn a_plan_that_holds_is_written_once_more_without_its_falls() {
    let served = handing("[[target.outputs.export]]\nto = \"somebody\"\n");
    let fresh = served.memory.written();
    served.memory.set(Mood::Down);
    served.pass(TimeDelta::minutes(5));
    let (plan, held) = served.memory.written().pop().unwrap();
    assert_eq!((&plan, held), (&fresh.last().unwrap().0, true));
    // Once is enough, also when it becomes stale.
    (0..12).for_each(|_| served.pass(TimeDelta::minutes(5)));
    assert_eq!(served.memory.written().len(), fresh.len() + 1);
    let served = served.restart();
    served.pass(TimeDelta::minutes(5));
    assert!(served.memory.written().pop().unwrap().1, "a new process does not know");
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    assert!(!served.memory.written().pop().unwrap().1);
}

#[test]
fn files_that_cannot_be_written_are_a_warning_and_take_no_plan_away() {
    let export = "[[target.outputs.export]]\nto = \"somebody\"\n";
    let served = handing(&format!("{export}full-disk = true\n{export}"));
    let (_, target) = served.get("/api/v1/targets/web");
    assert_eq!(target["decision"]["state"], "fresh");
    let warnings = target["warnings"].to_string();
    assert!(warnings.contains("an export was not written: no space is left"), "{target}");
    // The other files are written all the same.
    assert!(!served.memory.written().is_empty());
    let (_, metrics) = served.text_at("/metrics");
    let count = metrics.lines().find(|line| line.starts_with("export_failures_total{"));
    let count = count.and_then(|line| line.strip_prefix("export_failures_total{series=\"web\"} "));
    assert!(count.is_some_and(|count| count.parse::<u64>().unwrap() > 0), "{metrics}");
}

#[test]
fn an_export_that_nobody_knows_is_refused_before_anything_starts() {
    assert_eq!(refused("to = \"nobody\"\n"), "forescale.toml:2: target web: to should be somebody");
}

#[test]
fn two_exports_that_write_the_same_file_are_refused() {
    let one = "to = \"somebody\"\nfile = \"plans/web.yaml\"\n";
    let said = refused(&format!("{one}[[target.outputs.export]]\n{one}"));
    let expected = "target web: its export writes plans/web.yaml, as one of web does";
    assert!(said.ends_with(expected), "{said}");
}

/// Why a service with such an export does not start.
fn refused(export: &str) -> String {
    let text = format!("{TARGET}[[target.outputs.export]]\n{export}");
    let config = Config::parse(&text, "forescale.toml".as_ref()).unwrap();
    let sources = crate::support::Memory::new(daily);
    let clock = forescale_server::ManualClock::new(chrono::DateTime::UNIX_EPOCH);
    let error = forescale_server::Running::start(config, sources, std::sync::Arc::new(clock));
    error.err().expect("it is refused").to_string()
}

#[test]
fn metrics_that_are_switched_off_hold_no_number_for_a_scaler() {
    let shown = |served: &Served| {
        let (_, text) = served.text_at("/metrics");
        let is = |name: &str| text.lines().any(|line| line.starts_with(name));
        (is("plan_replicas{"), is("scale_replicas{"))
    };
    assert_eq!(shown(&handing("[target.outputs]\nmetrics = false\n")), (true, false));
    assert_eq!(shown(&handing("[target.outputs]\nkeda = false\n")), (true, true));
}
