//! A service on a disk that fails: what it says of itself, and what it finds afterwards.
//!
//! `disk_faults` takes some of the faults, `disk_faults --long` every one. The service is this program again, told by
//! an argument what to be, under strace, which lets the nth write or sync of each thread fail. A disk that is really
//! full is a small one in memory, in a namespace of its own.

#[path = "../tests/waves/mod.rs"]
mod waves;
#[path = "../tests/waves/whole.rs"]
mod whole;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use forescale_server::{Clock, ManualClock, Running};
use serde_json::{Value, json};

/// A way in which the disk fails.
struct Fault {
    name: &'static str,
    calls: &'static str,
    error: &'static str,
    /// Which calls of a thread fail when not all of them are tried in turn.
    some: &'static [usize],
    /// A service makes more such calls than this: with fewer, nothing was tried.
    fewest: usize,
}

const FAULTS: [Fault; 2] = [
    Fault {
        name: "sync",
        calls: "fsync,fdatasync",
        error: "EIO",
        some: &[1, 2, 3, 4, 5, 6],
        fewest: 4,
    },
    Fault {
        name: "write",
        calls: "write,pwrite64,ftruncate",
        error: "ENOSPC",
        some: &[1, 2, 3, 5, 8, 13, 21, 34, 55],
        fewest: 30,
    },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--rounds"), Some(folder)) => return rounds(Path::new(&folder)),
        (Some("--full"), Some(folder)) => full(Path::new(&folder)),
        (long, _) => {
            FAULTS.iter().for_each(|fault| try_each(fault, long == Some("--long")));
            small_disk();
        }
    }
    ExitCode::SUCCESS
}

/// Lets one call after the other fail, on a store that is made anew and on one that has a plan to lose.
fn try_each(fault: &Fault, long: bool) {
    let began = Instant::now();
    let every: Vec<usize> = (1..).take(10_000).collect();
    let nth = if long { &every[..] } else { fault.some };
    for had_plan in [false, true] {
        let mut tried = 0;
        for nth in nth {
            if !try_one(fault, *nth, had_plan) {
                break;
            }
            tried = *nth;
        }
        assert!(
            tried >= fault.fewest,
            "{} {tried} of a thread is the last that failed",
            fault.name
        );
        let store = if had_plan { "a store with a plan" } else { "a new store" };
        println!("{}: until the {tried}th of a thread failed on {store}", fault.name);
    }
    println!("{}: {:.1} s", fault.name, began.elapsed().as_secs_f64());
}

/// Whether there was an `nth` call to let fail. If so nothing is lost, and nothing is said to be saved that is not.
fn try_one(fault: &Fault, nth: usize, had_plan: bool) -> bool {
    let when = format!("{} {nth}, with a plan: {had_plan}", fault.name);
    let folder = tempfile::tempdir().unwrap();
    if had_plan {
        made_at_of_new(folder.path(), 0);
    }
    let before = stored(folder.path());
    assert_eq!(before.is_some(), had_plan, "{when}");
    let trace = tempfile::NamedTempFile::new().unwrap();
    let output = under_strace(fault, nth, folder.path(), trace.path()).output();
    let output = output.expect("strace is installed");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{when}: {said}");
    let failed = std::fs::read_to_string(trace.path()).unwrap().matches("(INJECTED)").count();
    // What stands in the store is what was said to be saved, or what a write that failed has left whole.
    let saved = match output.status.code() {
        Some(0) => {
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert!((report["store_failures"] == 0) == (failed == 0), "{when}: {report}");
            assert_eq!(report["health"], 200, "{when}");
            // The first sync of a thread that forecasts is that of its plan.
            if fault.name == "sync" && nth == 1 {
                assert_eq!(report["forecasts"], 0, "{when}: a plan was saved without a sync");
                assert!(moment(&report["made_at"]) > before, "{when}: a plan is used all the same");
            }
            moment(&report["saved"]).max(before)
        }
        Some(2) => {
            assert!(said.contains("the store") && said.contains("does not work"), "{when}: {said}");
            before
        }
        code => panic!("{when}: the service ended with {code:?}: {said}"),
    };
    whole::assert_whole(folder.path(), &when);
    let found = stored(folder.path());
    assert!(found >= saved, "{when}: {saved:?} was saved, but {found:?} is in the store");
    assert!(made_at_of_new(folder.path(), 10) > found, "{when}: no newer plan");
    assert_eq!(set_aside(folder.path()), Vec::<String>::new(), "{when}");
    failed > 0
}

/// When the plan in the store was made, read past the service; none when there is none.
fn stored(folder: &Path) -> Option<DateTime<Utc>> {
    let store = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    if !store.table_exists(None, "standings").unwrap() {
        return None;
    }
    let mut rows = store.prepare("SELECT body FROM standings").unwrap();
    let bodies = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let made_at = |body: Vec<u8>| {
        let standing: Value = serde_json::from_slice(&body).unwrap();
        moment(&standing["made_at"])
    };
    bodies.map(|body| made_at(body.unwrap())).next().flatten()
}

/// Stores that a service took for damaged.
fn set_aside(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".damaged-")).collect()
}

fn under_strace(fault: &Fault, nth: usize, folder: &Path, trace: &Path) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "--seccomp-bpf", "-o"]).arg(trace);
    // Not the folder: SQLite goes on when that cannot be synced, and tells nobody.
    for file in ["state.db", "state.db-wal", "state.db-journal"] {
        command.arg("-P").arg(folder.join(file));
    }
    command.args(["-e", &format!("trace={}", fault.calls)]);
    command.args(["-e", &format!("inject={}:error={}:when={nth}", fault.calls, fault.error)]);
    command.arg(std::env::current_exe().unwrap()).arg("--rounds").arg(folder);
    command
}

/// Starts a service at that minute on a disk without faults; when the plan was made that it then has.
fn made_at_of_new(folder: &Path, minute: i64) -> Option<DateTime<Utc>> {
    let (running, _) = start(folder, minute).unwrap();
    running.service().pool.settle();
    let made_at = moment(&report(&running)["made_at"]);
    running.stop();
    made_at
}

/// Learns and plans a few times and says how that went; 2 when the service could not be started.
fn rounds(folder: &Path) -> ExitCode {
    let (running, clock) = match start(folder, 1) {
        Ok(started) => started,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let (mut saved, mut forecasts) = (Value::Null, json!(0));
    for round in 0..4 {
        clock.advance(TimeDelta::minutes(i64::from(round > 0)));
        running.service().pool.settle();
        // The clock stands still meanwhile, so a run that was a success saved the plan of this minute.
        let report = report(&running);
        if report["forecasts"] != forecasts {
            saved = report["made_at"].clone();
        }
        forecasts = report["forecasts"].clone();
    }
    let mut report = report(&running);
    report["saved"] = saved;
    println!("{report}");
    // Nothing is put in order on the way out.
    std::process::exit(0)
}

fn start(folder: &Path, minute: i64) -> Result<(Running, Arc<ManualClock>), String> {
    let start: DateTime<Utc> = "2026-01-05T08:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(start + TimeDelta::minutes(minute)));
    let text = waves::settings("", "* * * * *");
    let running = waves::start(&text, folder, Arc::clone(&clock) as Arc<dyn Clock>);
    Ok((running.map_err(|error| error.to_string())?, clock))
}

/// What a service answers about itself.
fn report(running: &Running) -> Value {
    let plan = ask(running, "/api/v1/targets/web/plan").1;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let metrics = ask(running, "/metrics").1;
    let counted = |name: &str| {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        line.trim().parse::<u64>().unwrap()
    };
    json!({
        "made_at": plan["made_at"],
        "state": plan["state"],
        "health": ask(running, "/healthz").0,
        "store_failures": counted("store_failures_total "),
        "forecasts": counted("forecast_runs_total{run=\"forecast\",result=\"success\"} "),
    })
}

fn ask(running: &Running, path: &str) -> (u16, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let agent: ureq::Agent = config.into();
    let mut response = agent.get(format!("http://{}{path}", running.http())).call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

fn moment(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().map(|text| text.parse().unwrap())
}

/// The whole of the small disk, in bytes: the log of the store grows to half of it.
const DISK: &str = "size=8m";

fn small_disk() {
    let folder = tempfile::tempdir().unwrap();
    let namespace = ["--map-root-user", "--mount"];
    let may = Command::new("unshare").args(namespace).arg("true").status();
    if !may.is_ok_and(|status| status.success()) {
        let without = std::env::var_os("FORESCALE_WITHOUT_MOUNTS").is_some();
        assert!(
            without,
            "nobody may mount a small disk here; FORESCALE_WITHOUT_MOUNTS=1 goes without it"
        );
        println!("full disk: not tried");
        return;
    }
    let script = format!("mount -t tmpfs -o {DISK} none \"$1\" && exec \"$0\" --full \"$1\"");
    let mut command = Command::new("unshare");
    command.args(namespace).args(["sh", "-c", &script]).arg(std::env::current_exe().unwrap());
    let status = command.arg(folder.path()).status().unwrap();
    assert!(status.success(), "the service on a full disk: {status}");
}

/// Fills the disk under a service, and makes room again.
fn full(folder: &Path) {
    let (running, clock) = start(folder, 0).unwrap();
    running.service().pool.settle();
    let before = report(&running);
    assert!(moment(&before["made_at"]).is_some() && before["store_failures"] == 0, "{before}");
    let ballast = folder.join("ballast");
    fill(&ballast);
    let round = || {
        clock.advance(TimeDelta::minutes(1));
        running.service().pool.settle();
        report(&running)
    };
    let until = Instant::now() + Duration::from_secs(60);
    let mut held = round();
    while held["store_failures"] == 0 {
        // The log had room of its own.
        assert!(Instant::now() < until, "the disk is full and the store says nothing: {held}");
        held = round();
    }
    let next = round();
    // Serving goes on with newer plans, but no run is said to have been a success.
    assert!(moment(&next["made_at"]) > moment(&held["made_at"]), "{held} became {next}");
    assert_eq!((&next["state"], &next["health"]), (&before["state"], &json!(200)), "{next}");
    assert_eq!(next["forecasts"], held["forecasts"], "{held} became {next}");
    assert!(next["store_failures"].as_u64() > held["store_failures"].as_u64(), "{next}");
    std::fs::remove_file(ballast).unwrap();
    let after = round();
    assert!(after["forecasts"].as_u64() > next["forecasts"].as_u64(), "{next} became {after}");
    assert_eq!(after["store_failures"], next["store_failures"], "{after}");
    running.stop();
    whole::assert_whole(folder, "a full disk");
    assert_eq!(stored(folder), moment(&after["made_at"]), "{after}");
    assert_eq!(set_aside(folder), Vec::<String>::new());
    println!(
        "full disk: {} writes failed, plans went on, and were saved again with room",
        next["store_failures"]
    );
}

fn fill(ballast: &Path) {
    let mut file = std::fs::File::create(ballast).unwrap();
    // Writes until there is no room for a byte.
    for size in [1 << 16, 4_096, 1] {
        while std::io::Write::write_all(&mut file, &vec![0; size]).is_ok() {}
    }
}
