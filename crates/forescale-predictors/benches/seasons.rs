//! What it costs to find the seasons of four weeks of minutes: `cargo bench -p forescale-predictors --bench seasons`.
//!
//! Prints medians of CPU time beside one bare transform of as many points, and fails at a millisecond or more. The
//! first search of a thread plans its transform as well.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use forescale_core::{Frequency, LoadSeries};
use forescale_predictors::find_seasonality;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use realfft::RealFftPlanner;
use rustix::time::{ClockId, clock_gettime};

const MINUTES: usize = 28 * 1_440;

const LIMIT: Duration = Duration::from_millis(1);

const RUNS: usize = 301;

fn main() -> ExitCode {
    let series = four_weeks();
    let found = find_seasonality(&series);
    println!("{} seasons: {:?}", found.len(), found.iter().map(|s| s.period).collect::<Vec<_>>());
    let ours = median(|| {
        black_box(find_seasonality(black_box(&series)));
    });
    let first = first_of_a_thread(&series);
    let transform = RealFftPlanner::<f64>::new().plan_fft_forward(MINUTES);
    let (mut input, mut output) = (transform.make_input_vec(), transform.make_output_vec());
    let mut scratch = transform.make_scratch_vec();
    let bare = median(|| {
        input.copy_from_slice(series.values());
        let done = transform.process_with_scratch(&mut input, &mut output, &mut scratch);
        done.expect("the buffers are the plan's");
        black_box(&output);
    });
    println!("seasons of {MINUTES} points:   {ours:.2?} of CPU, first of a thread {first:.2?}");
    println!("realfft, planned, f64:     {bare:.2?} of CPU");
    if ours.max(first) < LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A day, a week, a job every 90 minutes, noise.
fn four_weeks() -> LoadSeries {
    let mut draw = SmallRng::seed_from_u64(1);
    let load = |minute: usize| {
        let day = 100.0 - 60.0 * (std::f64::consts::TAU * minute as f64 / 1_440.0).cos();
        let week = if minute / 1_440 % 7 < 5 { 1.0 } else { 0.6 };
        let job = if minute % 90 < 10 { 30.0 } else { 0.0 };
        day * week + job + 20.0 * (draw.random::<f64>() - 0.5)
    };
    let start = "2026-01-05T00:00:00Z".parse().expect("a date");
    let step = Frequency::from_seconds(60).expect("a minute is a step");
    LoadSeries::new(start, step, (0..MINUTES).map(load).collect()).expect("finite loads")
}

fn first_of_a_thread(series: &LoadSeries) -> Duration {
    let search = || {
        let before = cpu_time();
        black_box(find_seasonality(black_box(series)));
        cpu_time() - before
    };
    let in_thread = |_| std::thread::scope(|scope| scope.spawn(search).join().expect("it ends"));
    let mut times: Vec<Duration> = (0..RUNS).map(in_thread).collect();
    times.sort();
    times[RUNS / 2]
}

fn median(mut run: impl FnMut()) -> Duration {
    let timed = |_| {
        let before = cpu_time();
        run();
        cpu_time() - before
    };
    let mut times: Vec<Duration> = (0..RUNS).map(timed).collect();
    times.sort();
    times[RUNS / 2]
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
