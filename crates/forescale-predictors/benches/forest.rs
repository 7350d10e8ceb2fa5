//! What the quantile forest costs: `cargo bench -p forescale-predictors --bench forest`.
//!
//! Without arguments: the fit and the forecasts of one member, 4000 rows of 58 features and 50 trees.
//! With a folder that `benches/forest_vs_sklearn.py` wrote, and the share of the rows that each tree sees: 100 trees on
//! its rows; the quantiles go to `quantiles.f32`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use forescale_predictors::{ExtraTrees, Growth};
use ndarray::Array2;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rustix::time::{ClockId, clock_gettime};

fn main() {
    // `cargo bench` passes flags of its own, which are not for us.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    match (arguments.next(), arguments.next()) {
        (Some(folder), share) => {
            let share = share.map_or(1.0, |share| share.parse().expect("a share is a number"));
            table(&PathBuf::from(folder), share);
        }
        _ => member(),
    }
}

/// The work of `quantile-forest` for one range of horizons.
fn member() {
    let growth = Growth { trees: 50, candidates: 14, leaf: 12, share: 0.7 };
    let levels: Vec<f64> = (1..20).map(|i| f64::from(i) / 20.0).collect();
    let (x, y) = generated(4_000, 58);
    let day = generated(288, 58).0;
    let forest = ExtraTrees::fit(&x, &y, growth, 1);
    report("fit, 4000 x 58, 50 trees", 15, || {
        ExtraTrees::fit(&x, &y, growth, 1);
    });
    report("288 rows at 19 levels", 51, || {
        forest.predict(&day, &levels);
    });
}

/// Uniform features, of which five set the target and its spread.
fn generated(rows: usize, columns: usize) -> (Array2<f32>, Vec<f64>) {
    let mut draw = SmallRng::seed_from_u64(1);
    let x = Array2::from_shape_simple_fn((rows, columns), || draw.random::<f32>());
    let y = x.rows().into_iter().map(|row| {
        let v = |column: usize| f64::from(row[column]);
        let wave = 10.0 * (std::f64::consts::PI * v(0) * v(1)).sin();
        let noise: f64 = draw.random::<f64>() + draw.random::<f64>() - 1.0;
        wave + 20.0 * (v(2) - 0.5).powi(2) + 10.0 * v(3) + (1.0 + 4.0 * v(4)) * noise
    });
    let y = y.collect();
    (x, y)
}

/// Prints what `runs` runs cost at the median and at best.
fn report(name: &str, runs: usize, mut run: impl FnMut()) {
    let mut cpu: Vec<Duration> = (0..runs).map(|_| timed(&mut run).1.0).collect();
    cpu.sort();
    println!("{name:25} median {:.2?}, fastest {:.2?} of CPU", cpu[runs / 2], cpu[0]);
}

/// What `run` gives, and how long it took on all processors together and on the clock.
fn timed<T>(run: impl FnOnce() -> T) -> (T, (Duration, Duration)) {
    let (cpu, wall) = (cpu_time(), Instant::now());
    let result = run();
    (result, (cpu_time() - cpu, wall.elapsed()))
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// 100 trees, each on a `share` of the rows in `folder`; prints CPU and wall seconds as one line of numbers.
fn table(folder: &Path, share: f64) {
    let growth = Growth { trees: 100, candidates: 20, leaf: 5, share };
    let train = matrix(folder, "x_train.f32");
    let y: Vec<f64> = numbers(folder, "y_train.f32").into_iter().map(f64::from).collect();
    let test = matrix(folder, "x_test.f32");
    let levels: Vec<f64> = (1..10).map(|i| f64::from(i) / 10.0).collect();
    let (forest, fit) = timed(|| ExtraTrees::fit(&train, &y, growth, 1));
    let (quantiles, predict) = timed(|| forest.predict(&test, &levels));
    let seconds = [fit.0, fit.1, predict.0, predict.1].map(|time| time.as_secs_f64());
    println!("{}", seconds.map(|s| format!("{s:.6}")).join(" "));
    let bytes: Vec<u8> = quantiles.iter().flat_map(|q| (*q as f32).to_le_bytes()).collect();
    fs::write(folder.join("quantiles.f32"), bytes).expect("the folder can be written");
}

/// Rows of 20 features.
fn matrix(folder: &Path, name: &str) -> Array2<f32> {
    let values = numbers(folder, name);
    Array2::from_shape_vec((values.len() / 20, 20), values).expect("rows of 20")
}

fn numbers(folder: &Path, name: &str) -> Vec<f32> {
    let bytes = fs::read(folder.join(name)).expect("the script wrote it");
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect()
}
