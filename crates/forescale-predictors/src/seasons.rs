//! Finds the seasons of a load: peaks of the periodogram that noise does not explain, confirmed by autocorrelation.
//!
//! # Source
//! Fisher, *Tests of significance in harmonic analysis*, 1929; Vlachos, Yu & Castelli, *On periodicity detection
//! and structural periodic similarity*, 2005 (AutoPeriod); strength after Wang, Smith & Hyndman, 2006. Compared
//! with `numpy.fft` in `tests/it/anchors.rs`.

use chrono::TimeDelta;
use forescale_core::LoadSeries;

use crate::cycle::{Cycle, autocorrelation, power};
use crate::spectrum::Spectrum;
use crate::thinned::Thinned;

/// A season has to be seen this often.
const CYCLES: f64 = 2.0;

/// The least autocorrelation at a period, and the least share of the variance, that make it a season.
const LEAST_CORRELATION: f64 = 0.1;
const LEAST_STRENGTH: f64 = 0.02;

/// Peaks that are looked at, strongest first.
const PEAKS: usize = 12;

/// No more seasons than these are found: one for each peak, a week, a day and half a day.
pub(crate) const MOST_SEASONS: usize = PEAKS + 3;

/// How much louder than the waves beside it a wave of a longer season is when it is a season of its own.
const OWN_POWER: f64 = 8.0;

/// From which wave on it may be one; below it only half a day beside a day may.
const OWN_WAVE: f64 = 3.5;

/// Waves of a week, a day and half a day of which one has to stand out.
const KNOWN_WAVES: usize = 6;

/// A stretch of time after which the load looks alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// Its length.
    pub period: TimeDelta,
    /// The share of the load's variation that it explains, 0 to 1.
    pub strength: f64,
}

/// The seasons of `series`, strongest first; empty where there is none.
///
/// Several at once are found (a day and a week, say); the harmonics of one are not counted again.
/// Periods within the resolution of a week, a day or half a day are taken for them.
pub fn find_seasonality(series: &LoadSeries) -> Vec<Season> {
    let Some(thinned) = Thinned::new(series) else { return Vec::new() };
    let spectrum = Spectrum::new(&thinned.values);
    let whole = power(&thinned.values);
    let (mut seasons, mut own): (Vec<Season>, Vec<TimeDelta>) = Default::default();
    for period in candidates(&spectrum, &thinned) {
        let strength = Cycle::of(&thinned.values, period).strength(whole);
        let season = Season { period: thinned.span(period), strength };
        let mut longer =
            seasons.iter().filter(|longer| is_harmonic(&thinned, &season, longer)).peekable();
        if strength < LEAST_STRENGTH {
            continue;
        }
        if longer.peek().is_none() {
            if autocorrelation(&thinned.values, whole, period) < LEAST_CORRELATION {
                continue;
            }
        } else if longer.all(|longer| is_own(&spectrum, &thinned, period, longer)) {
            own.push(season.period);
        } else {
            continue;
        }
        seasons.push(season);
    }
    distinct(thinned, seasons, &own)
}

/// Keeps a season only for what the stronger ones leave unexplained; a day goes before what it repeats to, and what
/// runs on its `own` before the day whose shape it would be part of.
fn distinct(thinned: Thinned, mut seasons: Vec<Season>, own: &[TimeDelta]) -> Vec<Season> {
    let turn = |season: &Season| match season.period {
        period if own.contains(&period) => 0,
        period if period == TimeDelta::weeks(1) => 2,
        _ => 1,
    };
    seasons.sort_by(|a, b| turn(a).cmp(&turn(b)).then(b.strength.total_cmp(&a.strength)));
    let mut rest = thinned.values;
    let whole = power(&rest);
    let mut left = whole;
    seasons.retain_mut(|season| {
        let period = season.period.num_seconds() as f64 / thinned.point_seconds;
        let cycle = Cycle::of(&rest, period);
        let of_rest = cycle.strength(left);
        // What is loud beside a day looks unlike itself until the day is gone, and the day would take it along.
        let kept = of_rest >= LEAST_STRENGTH
            && (own.contains(&season.period)
                || autocorrelation(&rest, left, period) >= LEAST_CORRELATION);
        season.strength = of_rest * (left / whole).min(1.0);
        if kept {
            cycle.subtract_from(&mut rest);
            left = power(&rest);
        }
        kept
    });
    seasons.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    seasons
}

/// Periods in points, longest first, so that a season comes before its harmonics.
///
/// A week, a day and half a day are among them when any of their first waves stands out: the fundamental may be the weakest.
fn candidates(spectrum: &Spectrum, thinned: &Thinned) -> Vec<f64> {
    let n = spectrum.n as f64;
    let highest = spectrum.power.len() - 1;
    let lowest = (CYCLES.ceil() as usize).min(highest);
    let is_peak = |k: &usize| {
        let around = spectrum.power[k - 1].max(*spectrum.power.get(k + 1).unwrap_or(&0.0));
        spectrum.power[*k] >= around && spectrum.stands_out(*k)
    };
    let mut peaks: Vec<usize> = (lowest.max(1)..=highest).filter(is_peak).collect();
    peaks.sort_by(|a, b| spectrum.power[*b].total_cmp(&spectrum.power[*a]));
    peaks.truncate(PEAKS);
    let known = [604_800.0, 86_400.0, 43_200.0].map(|seconds| seconds / thinned.point_seconds);
    let snap = |k: usize| {
        let top = spectrum.refined(k);
        // Within a bin and a half of a week or a day the spectrum cannot tell the two apart.
        let near = known.iter().find(|period| (n / **period - top).abs() < 1.5 && top > 1.0);
        near.copied().unwrap_or(n / top)
    };
    let seen = known.into_iter().filter(|period| {
        let waves = (1..=KNOWN_WAVES).map(|wave| (wave as f64 * n / period).round() as usize);
        let stands_out = waves.take_while(|k| *k <= highest).any(|k| spectrum.stands_out(k));
        n >= CYCLES * period && *period >= 2.0 && stands_out
    });
    let mut periods: Vec<f64> = peaks.into_iter().map(snap).chain(seen).collect();
    periods.retain(|period| *period >= 2.0 && n >= 0.999 * CYCLES * period);
    periods.sort_by(|a, b| b.total_cmp(a));
    periods.dedup_by(|a, b| (*b - *a).abs() < 0.03 * *b);
    periods
}

/// Whether `season` is a whole part of `longer` and says no more than a part of its shape.
///
/// A day is a season of its own beside a week: it is what most of the week's shape is made of.
fn is_harmonic(thinned: &Thinned, season: &Season, longer: &Season) -> bool {
    let parts = longer.period.num_seconds() as f64 / season.period.num_seconds().max(1) as f64;
    let off = (parts - parts.round()).abs() * season.period.num_seconds() as f64;
    let is_day = season.period == TimeDelta::days(1);
    let resolution = 1.5 * thinned.point_seconds.max(0.02 * season.period.num_seconds() as f64);
    parts > 1.5 && off <= resolution && !is_day && season.strength <= longer.strength + 0.02
}

/// Whether the wave of `period` points is far louder than those beside it in the shape of `longer`, as that of a
/// job is which runs sixteen times a day; waves of a shape grow weaker one after the other.
///
/// Half a day is one when the waves after it are next to nothing, which those of office hours are not.
fn is_own(spectrum: &Spectrum, thinned: &Thinned, period: f64, longer: &Season) -> bool {
    let cycle =
        thinned.values.len() as f64 * thinned.point_seconds / longer.period.num_seconds() as f64;
    let wave = thinned.values.len() as f64 / period;
    let at = |k: f64| spectrum.power.get(k.round() as usize).copied().unwrap_or(0.0);
    let louder = |off: f64| at(wave) > OWN_POWER * at(wave + off * cycle);
    // A shape of two alike halves has every other wave only.
    if wave > OWN_WAVE * cycle {
        [-2.0, -1.0, 1.0, 2.0].into_iter().all(louder)
    } else {
        let halves_a_day = longer.period == TimeDelta::days(1) && wave < 2.5 * cycle;
        halves_a_day && [1.0, 2.0].into_iter().all(louder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Noise, history};
    use std::f64::consts::TAU;

    fn found(step_seconds: i64, n: usize, load: impl Fn(f64) -> f64) -> Vec<Season> {
        let mut noise = Noise::new(7);
        let values: Vec<f64> = (0..n).map(|i| load(i as f64) + 0.5 * noise.next()).collect();
        find_seasonality(history(step_seconds, &values).series())
    }

    #[test]
    fn a_day_and_a_week_are_both_found() {
        let seasons = found(3_600, 24 * 28, |i| {
            50.0 + 5.0 * (TAU * i / 24.0).sin() + 3.0 * (TAU * i / 168.0).cos()
        });
        let periods: Vec<i64> = seasons.iter().map(|s| s.period.num_hours()).collect();
        assert_eq!(periods.len(), 2, "{seasons:?}");
        assert!(periods.contains(&24) && periods.contains(&168));
        assert!(seasons.iter().all(|season| season.strength > 0.1));
    }

    #[test]
    fn half_a_day_is_found_beside_the_day_and_the_week() {
        for (step_seconds, m, loud) in [(3_600, 24, 3.0), (3_600, 24, 1.5), (300, 288, 3.0)] {
            let wave = |i: f64, days: f64| (TAU * i / (m as f64 * days)).sin();
            let seasons = found(step_seconds, m * 28, |i| {
                50.0 + 5.0 * wave(i, 1.0) + 3.0 * wave(i, 7.0) + loud * wave(i, 0.5)
            });
            let mut hours: Vec<i64> = seasons.iter().map(|s| s.period.num_hours()).collect();
            hours.sort_unstable();
            assert_eq!(hours, [12, 24, 168], "{seasons:?}");
        }
    }

    #[test]
    fn office_hours_are_a_day_and_no_half_a_day() {
        for open in [6, 8, 9, 10, 12] {
            let seasons = found(900, 96 * 21, |i| {
                let hour = i as usize % 96 / 4;
                if (8..8 + open).contains(&hour) { 30.0 } else { 10.0 }
            });
            assert_eq!(seasons.len(), 1, "{open}: {seasons:?}");
            assert_eq!(seasons[0].period, TimeDelta::days(1));
        }
    }

    /// How many of 100 series that `load` makes of noise seem to have a season.
    fn false_alarms(load: impl Fn(&mut Noise) -> Vec<f64>) -> usize {
        let series = (0..100).map(|seed| history(900, &load(&mut Noise::new(seed))));
        series.filter(|history| !find_seasonality(history.series()).is_empty()).count()
    }

    #[test]
    fn noise_has_none() {
        let white = false_alarms(|noise| (0..960).map(|_| 50.0 + noise.next()).collect());
        assert!(white <= 4, "{white}");
        let heavy = false_alarms(|noise| (0..960).map(|_| 50.0 + noise.next().powi(5)).collect());
        assert!(heavy <= 4, "{heavy}");
    }

    #[test]
    fn drifting_noise_and_random_walks_have_none() {
        for keeps in [0.9, 0.99, 1.0] {
            let drifting = false_alarms(|noise| {
                let mut level = 0.0;
                let mut next = || {
                    level = keeps * level + noise.next();
                    50.0 + level
                };
                (0..960).map(|_| next()).collect()
            });
            assert!(drifting <= 5, "{keeps}: {drifting}");
        }
    }

    #[test]
    fn a_single_burst_is_none() {
        let burst = |i: f64| if (1_500.0..1_700.0).contains(&i) { 90.0 } else { 20.0 };
        assert_eq!(found(300, 288 * 14, burst), []);
    }

    #[test]
    fn a_trend_does_not_hide_a_day() {
        let seasons = found(900, 96 * 14, |i| 20.0 + 0.05 * i + 4.0 * (TAU * i / 96.0).sin());
        assert_eq!(seasons.len(), 1, "{seasons:?}");
        assert_eq!(seasons[0].period, TimeDelta::days(1));
    }

    #[test]
    fn a_job_every_ninety_minutes_is_found_beside_the_day() {
        let job = |i: f64| if i % 18.0 < 3.0 { 8.0 } else { 0.0 };
        let alone = found(300, 288 * 14, |i| 20.0 + job(i));
        assert_eq!(alone.len(), 1, "{alone:?}");
        assert!((alone[0].period.num_seconds() - 5_400).abs() < 10, "{alone:?}");
        let both = found(300, 288 * 14, |i| 20.0 + 6.0 * (TAU * i / 288.0).sin() + job(i));
        let minutes = |season: &Season| (season.period.num_seconds() + 30) / 60;
        let mut periods: Vec<i64> = both.iter().map(minutes).collect();
        periods.sort_unstable();
        assert_eq!(periods, [90, 1_440], "{both:?}");
    }

    #[test]
    fn an_odd_period_is_found_with_its_length() {
        let seasons = found(60, 1_440 * 3, |i| 20.0 + 4.0 * (TAU * i / 97.0).sin().signum());
        assert_eq!(seasons.len(), 1, "{seasons:?}");
        assert!((seasons[0].period.num_seconds() - 97 * 60).abs() < 90, "{seasons:?}");
    }

    #[test]
    fn two_points_or_a_constant_have_none() {
        assert_eq!(find_seasonality(history(60, &[1.0, 2.0]).series()), []);
        assert_eq!(find_seasonality(history(60, &[4.0; 500]).series()), []);
    }
}
