//! A forecast as AWS gives it: the maximum of every hour.

/// Seconds of an hour.
pub(crate) const HOUR_S: i64 = 3_600;

/// The largest load of every hour of a forecast. Times are seconds since 1970.
#[derive(Debug)]
pub(crate) struct Hourly {
    /// The first hour, counted from 1970.
    first: i64,
    peaks: Vec<f64>,
}

impl Hourly {
    /// The peaks of `loads`, each of which holds for `seconds`, the first from `start` on.
    pub(crate) fn new(start: i64, seconds: i64, loads: &[f64]) -> Self {
        let first = start.div_euclid(HOUR_S);
        let mut peaks: Vec<f64> = Vec::new();
        for (i, load) in loads.iter().enumerate() {
            let from = start + i as i64 * seconds;
            let hours = from.div_euclid(HOUR_S)..=(from + seconds - 1).div_euclid(HOUR_S);
            for hour in hours {
                let place = (hour - first) as usize;
                if place == peaks.len() {
                    peaks.push(*load);
                }
                peaks[place] = peaks[place].max(*load);
            }
        }
        Self { first, peaks }
    }

    /// The largest peak of the hours that `from..=to` touches, and when its hour begins; none where none is forecast.
    pub(crate) fn peak(&self, from: i64, to: i64) -> Option<(f64, i64)> {
        let hours = from.div_euclid(HOUR_S)..=to.div_euclid(HOUR_S);
        let known = hours.filter_map(|hour| {
            let place = usize::try_from(hour - self.first).ok()?;
            Some((*self.peaks.get(place)?, hour * HOUR_S))
        });
        known.reduce(|a, b| if b.0 > a.0 { b } else { a })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_the_largest_load_that_touches_it() {
        let half_past_nine = 9 * HOUR_S + 1_800;
        let hourly = Hourly::new(half_past_nine, 1_200, &[5.0, 7.0, 2.0, 3.0]);
        // The second holds from 9:50 to 10:10.
        assert_eq!(hourly.peaks, [7.0, 7.0]);
        let hourly = Hourly::new(0, 2 * HOUR_S, &[5.0, 7.0]);
        assert_eq!(hourly.peaks, [5.0, 5.0, 7.0, 7.0]);
    }

    #[test]
    fn the_largest_of_the_hours_ahead_is_found() {
        let hourly = Hourly::new(9 * HOUR_S, HOUR_S, &[5.0, 7.0, 2.0]);
        let at = |hour: i64, minute: i64| hour * HOUR_S + minute * 60;
        assert_eq!(hourly.peak(at(9, 30), at(9, 59)), Some((5.0, at(9, 0))));
        assert_eq!(hourly.peak(at(9, 50), at(10, 0)), Some((7.0, at(10, 0))));
        assert_eq!(hourly.peak(at(11, 55), at(12, 5)), Some((2.0, at(11, 0))));
        assert_eq!(hourly.peak(at(12, 0), at(12, 10)), None);
        assert_eq!(hourly.peak(at(8, 0), at(8, 10)), None);
    }
}
