//! Reading 3.6 million rows: forescale beside the csv crate with a hand-written parser, and pandas if it is there.
//!
//! Run with `cargo bench -p forescale-sources`, or with the path of another CSV of two columns behind `--`. Set
//! `PYTHON` to an interpreter that has pandas. Every reader runs in a process of its own, which reports its CPU
//! time (user and system) and its peak memory from `/proc`; the figures are medians of interleaved runs.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use forescale_sources::{ReadOptions, Source, read_history};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROWS: i64 = 3_600_000;
const RUNS: usize = 5;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["child", "forescale", file] => report(read_with_forescale(Path::new(file))?),
        ["child", "csv", file] => report(read_with_csv(Path::new(file))?),
        [file] => compare(Path::new(file)),
        _ => {
            let folder = tempfile::tempdir()?;
            compare(&generated(folder.path())?)
        }
    }
}

/// Ten-second samples of a year and more, with a load that has a decimal or two.
fn generated(folder: &Path) -> Outcome<PathBuf> {
    let mut text = String::from("timestamp,load\n");
    let start: chrono::DateTime<chrono::Utc> = "2024-01-01T00:00:00Z".parse()?;
    for row in 0..ROWS {
        let time = start + chrono::TimeDelta::seconds(10 * row);
        let load = (row * 7_919 % 100_003) as f64 / 100.0;
        writeln!(text, "{},{load:.2}", time.format("%Y-%m-%dT%H:%M:%SZ"))?;
    }
    let path = folder.join("big.csv");
    std::fs::write(&path, text)?;
    Ok(path)
}

fn compare(file: &Path) -> Outcome<()> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut readers = vec!["forescale", "csv"];
    if Command::new(&python)
        .args(["-c", "import pandas"])
        .output()
        .is_ok_and(|o| o.status.success())
    {
        readers.push("pandas");
    }
    let mut figures = vec![Vec::new(); readers.len()];
    for _ in 0..RUNS {
        for (reader, figures) in readers.iter().zip(&mut figures) {
            figures.push(run(reader, &python, file)?);
        }
    }
    let medians: Vec<Figures> = figures.into_iter().map(Figures::median).collect();
    println!("{:10} {:>8} {:>9} {:>10}", "reader", "CPU s", "peak MB", "CPU ratio");
    for (reader, figures) in readers.iter().zip(&medians) {
        let ratio = medians[0].cpu_seconds / figures.cpu_seconds;
        let Figures { cpu_seconds, peak_mb } = figures;
        println!("{reader:10} {cpu_seconds:8.2} {peak_mb:9.0} {ratio:10.2}");
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct Figures {
    cpu_seconds: f64,
    peak_mb: f64,
}

impl Figures {
    fn median(mut runs: Vec<Self>) -> Self {
        let middle = runs.len() / 2;
        runs.sort_by(|a, b| a.cpu_seconds.total_cmp(&b.cpu_seconds));
        let cpu_seconds = runs[middle].cpu_seconds;
        runs.sort_by(|a, b| a.peak_mb.total_cmp(&b.peak_mb));
        Self { cpu_seconds, peak_mb: runs[middle].peak_mb }
    }
}

const PANDAS: &str = "
import resource, sys, pandas
d = pandas.read_csv(sys.argv[1], parse_dates=['timestamp'])
d.set_index('timestamp')['load'].sum()
u = resource.getrusage(resource.RUSAGE_SELF)
print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)
";

fn run(reader: &str, python: &str, file: &Path) -> Outcome<Figures> {
    let mut command = match reader {
        "pandas" => Command::new(python),
        _ => Command::new(std::env::current_exe()?),
    };
    let output = match reader {
        "pandas" => command.args(["-c", PANDAS]).arg(file).output()?,
        _ => command.args(["child", reader]).arg(file).output()?,
    };
    let text = String::from_utf8(output.stdout)?;
    let mut words = text.split_whitespace().map(str::parse::<f64>);
    let (Some(cpu), Some(peak)) = (words.next(), words.next()) else {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    };
    Ok(Figures { cpu_seconds: cpu?, peak_mb: peak? })
}

/// CPU seconds and peak megabytes of this process; the sum keeps the reading from being left out.
fn report(sum: f64) -> Outcome<()> {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let fields: Vec<&str> = after_name.split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    let peak_kb: f64 = peak.trim().trim_end_matches(" kB").parse()?;
    println!("{} {} {sum}", ticks / TICKS_A_SECOND, peak_kb / 1_024.0);
    Ok(())
}

fn read_with_forescale(file: &Path) -> Outcome<f64> {
    let history = read_history(&Source::new(file), &ReadOptions::default())?;
    Ok(history.series.present().sum())
}

/// The physical bar: byte records, a timestamp parser for one notation, and no care for anything unusual.
fn read_with_csv(file: &Path) -> Outcome<f64> {
    let mut reader = csv::Reader::from_path(file)?;
    let mut record = csv::ByteRecord::new();
    let (mut times, mut loads) = (Vec::new(), Vec::new());
    while reader.read_byte_record(&mut record)? {
        times.push(seconds(&record[0]).ok_or("no timestamp")?);
        loads.push(std::str::from_utf8(&record[1])?.parse::<f64>()?);
    }
    let ordered = times.windows(2).all(|pair| pair[0] <= pair[1]);
    Ok(loads.iter().sum::<f64>() + f64::from(u8::from(ordered)))
}

/// Seconds since the Unix epoch of `YYYY-MM-DDTHH:MM:SSZ`.
fn seconds(text: &[u8]) -> Option<i64> {
    let number = |from: usize, to: usize| {
        text.get(from..to)?.iter().try_fold(0_i64, |value, byte| {
            byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719_469;
    Some(days * 86_400 + number(11, 13)? * 3_600 + number(14, 16)? * 60 + number(17, 19)?)
}
