//! The search with coverage: libFuzzer around the target that `FORESCALE_FUZZ_TARGET` names.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use forescale_fuzz::{Target, target};

libfuzzer_sys::fuzz_target!(init: begin(), |bytes: &[u8]| (chosen().run)(bytes));

/// Lays the seeds down where `FORESCALE_FUZZ_SEEDS` says, for libFuzzer to find.
fn begin() {
    let folder = std::env::var("FORESCALE_FUZZ_SEEDS").expect("FORESCALE_FUZZ_SEEDS is a folder");
    for (nth, seed) in (chosen().seeds)().iter().enumerate() {
        std::fs::write(Path::new(&folder).join(format!("seed-{nth}")), seed)
            .expect("it is written");
    }
}

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        // A panic that the engine catches, as that of a predictor, is no finding: only one that comes through is.
        let _ = std::panic::take_hook();
        let name = std::env::var("FORESCALE_FUZZ_TARGET").unwrap_or_default();
        target(&name).expect("FORESCALE_FUZZ_TARGET names a target")
    })
}
