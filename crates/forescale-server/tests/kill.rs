//! A service that is killed at random moments while it saves: the next one always finds everything whole.
//!
//! `FORESCALE_KILLS` says how often it is killed. The child is this program again, told by an argument what to be.

mod waves;
#[path = "waves/whole.rs"]
mod whole;

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use forescale_server::{Running, SystemClock};

/// Kills when nobody says how many.
const KILLS: u64 = 25;

/// The longest a restart may take.
const RESTART: Duration = Duration::from_secs(2);

/// A file that says that a plan is in force, which a process that is killed from then on may not lose.
const READY: &str = "ready";

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--serve"), Some(folder)) => serve(Path::new(&folder)),
        (Some("--list"), _) => {}
        _ => kill_and_restart(),
    }
}

fn kill_and_restart() {
    let kills = std::env::var("FORESCALE_KILLS").ok().and_then(|text| text.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    // The first one is left alone until it has a plan to lose.
    let mut child = Killed::start(folder.path());
    let begun = Instant::now();
    while !folder.path().join(READY).exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no plan is saved");
        std::thread::sleep(Duration::from_millis(100));
    }
    for kill in 0..kills.unwrap_or(KILLS) {
        child.kill();
        check(folder.path(), kill);
        child = Killed::start(folder.path());
        std::thread::sleep(Duration::from_millis(pause_ms(kill)));
    }
    println!("test a_service_killed_at_random_moments_loses_nothing ... ok");
}

/// From 0 to 1.3 seconds, in an order that looks like chance and is the same in every run.
fn pause_ms(kill: u64) -> u64 {
    (kill.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 1_300
}

/// Every row is whole, and a service starts on the store in time and knows its plan.
fn check(folder: &Path, kill: u64) {
    whole::assert_whole(folder, &format!("kill {kill}"));
    let began = Instant::now();
    let running = start(folder);
    assert!(began.elapsed() < RESTART, "kill {kill}: {:?}", began.elapsed());
    let answer = ureq::get(format!("http://{}/api/v1/targets/web/plan", running.http())).call();
    assert_eq!(answer.unwrap().status(), 200, "kill {kill}");
    running.stop();
}

struct Killed(Child);

impl Killed {
    fn start(folder: &Path) -> Self {
        let program: PathBuf = std::env::current_exe().unwrap();
        Self(Command::new(program).arg("--serve").arg(folder).spawn().unwrap())
    }

    fn kill(&mut self) {
        // SIGKILL: nothing in the child runs after it.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.kill();
    }
}

fn serve(folder: &Path) {
    let running = start(folder);
    let plan = format!("http://{}/api/v1/targets/web/plan", running.http());
    while ureq::get(&plan).call().is_err() {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::write(folder.join(READY), "").unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

/// Saves a plan and a model every second, and at the start at once.
fn start(folder: &Path) -> Running {
    let text = waves::settings("", "* * * * * *");
    waves::start(&text, folder, Arc::new(SystemClock)).unwrap()
}
