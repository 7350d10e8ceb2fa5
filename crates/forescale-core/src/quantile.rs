//! Quantiles, levels and the grids of them that a forecast carries.

use serde::{Deserialize, Serialize};

use crate::units::UnitError;

/// A probability strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Quantile(f64);

impl Quantile {
    /// The median.
    pub const MEDIAN: Self = Self(0.5);

    /// The quantile at `probability`.
    ///
    /// # Errors
    /// [`UnitError::Quantile`] outside (0, 1).
    pub fn new(probability: f64) -> Result<Self, UnitError> {
        if probability > 0.0 && probability < 1.0 {
            Ok(Self(probability))
        } else {
            Err(UnitError::Quantile(probability))
        }
    }

    /// The probability.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Quantile {
    type Error = UnitError;

    fn try_from(probability: f64) -> Result<Self, UnitError> {
        Self::new(probability)
    }
}

impl From<Quantile> for f64 {
    fn from(quantile: Quantile) -> Self {
        quantile.0
    }
}

/// The level of a central prediction interval, in percent: 80 means 80 %.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(f64);

impl Level {
    /// A level of `percent`.
    ///
    /// # Errors
    /// [`UnitError::Level`] outside (0, 100).
    pub fn new(percent: f64) -> Result<Self, UnitError> {
        if percent > 0.0 && percent < 100.0 {
            Ok(Self(percent))
        } else {
            Err(UnitError::Level(percent))
        }
    }

    /// The level in percent.
    pub fn percent(self) -> f64 {
        self.0
    }

    /// The two quantiles that bound the interval.
    ///
    /// ```
    /// use forescale_core::Level;
    /// let (lower, upper) = Level::new(80.0)?.bounds();
    /// assert_eq!((lower.get(), upper.get()), (0.1, 0.9));
    /// # Ok::<(), forescale_core::UnitError>(())
    /// ```
    pub fn bounds(self) -> (Quantile, Quantile) {
        let tail = tidy((100.0 - self.0) / 200.0);
        (Quantile(tail), Quantile(tidy(1.0 - tail)))
    }
}

impl TryFrom<f64> for Level {
    type Error = UnitError;

    fn try_from(percent: f64) -> Result<Self, UnitError> {
        Self::new(percent)
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> Self {
        level.0
    }
}

/// Cuts what binary arithmetic adds behind the twelfth decimal, so that 0.9 stays 0.9.
fn tidy(probability: f64) -> f64 {
    (probability * 1e12).round() / 1e12
}

/// An ascending set of quantiles that always holds the median.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Quantiles(Vec<f64>);

impl Quantiles {
    /// The grid the engine works on: dense in the middle, and far into the tails that headroom is made of.
    pub fn standard() -> Self {
        Self(vec![
            0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95,
            0.975, 0.99, 0.995, 0.999,
        ])
    }

    /// Sorts, drops repeats and adds the median.
    ///
    /// # Errors
    /// [`UnitError::Quantile`] for one outside (0, 1).
    pub fn new(probabilities: impl IntoIterator<Item = f64>) -> Result<Self, UnitError> {
        let mut all = vec![0.5];
        for probability in probabilities {
            all.push(Quantile::new(probability)?.get());
        }
        all.sort_by(f64::total_cmp);
        all.dedup_by(|a, b| (*a - *b).abs() < 1e-12);
        Ok(Self(all))
    }

    /// The bounds of each level and the median.
    pub fn of_levels(levels: impl IntoIterator<Item = Level>) -> Self {
        let bounds = levels.into_iter().flat_map(|level| {
            let (lower, upper) = level.bounds();
            [lower.get(), upper.get()]
        });
        Self::new(bounds).expect("the bounds of a level are quantiles")
    }

    /// The probabilities, ascending.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// How many there are; at least 1.
    #[allow(clippy::len_without_is_empty)] // A set without the median cannot be built.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Where the median stands.
    pub fn median_index(&self) -> usize {
        self.0.iter().position(|q| *q == 0.5).expect("every set of quantiles holds the median")
    }

    /// Where `probability` stands, if it is in the set.
    pub fn index_of(&self, probability: f64) -> Option<usize> {
        self.0.iter().position(|q| (q - probability).abs() < 1e-12)
    }
}

impl TryFrom<Vec<f64>> for Quantiles {
    type Error = UnitError;

    fn try_from(probabilities: Vec<f64>) -> Result<Self, UnitError> {
        Self::new(probabilities)
    }
}

impl From<Quantiles> for Vec<f64> {
    fn from(quantiles: Quantiles) -> Self {
        quantiles.0
    }
}

/// The standard normal quantile function (Acklam's rational approximation, |relative error| < 1.2e-9).
pub fn normal_quantile(probability: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.383_577_518_672_69e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] =
        [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    let polynomial = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |p: f64| {
        let q = (-2.0 * p.ln()).sqrt();
        polynomial(&C, q) / (polynomial(&D, q) * q + 1.0)
    };
    if probability < 0.02425 {
        tail(probability)
    } else if probability > 1.0 - 0.02425 {
        -tail(1.0 - probability)
    } else {
        let q = probability - 0.5;
        let r = q * q;
        polynomial(&A, r) * q / (polynomial(&B, r) * r + 1.0)
    }
}

/// The standard normal distribution function, the inverse of [`normal_quantile`].
///
/// Hart's approximation as in West, *Better approximations to cumulative normal functions*, 2005, good to 1e-14.
pub fn normal_probability(score: f64) -> f64 {
    const NUMERATOR: [f64; 7] = [
        0.0352624965998911,
        0.700383064443688,
        6.37396220353165,
        33.912866078383,
        112.079291497871,
        221.213596169931,
        220.206867912376,
    ];
    const DENOMINATOR: [f64; 8] = [
        0.0883883476483184,
        1.75566716318264,
        16.064177579207,
        86.7807322029461,
        296.564248779674,
        637.333633378831,
        793.826512519948,
        440.413735824752,
    ];
    let x = score.abs();
    let polynomial = |c: &[f64]| c.iter().fold(0.0, |sum, c| sum * x + c);
    let density = (-0.5 * x * x).exp();
    let tail = if x < 7.0 {
        density * polynomial(&NUMERATOR) / polynomial(&DENOMINATOR)
    } else {
        let fraction = [4.0, 3.0, 2.0, 1.0].iter().fold(x + 0.65, |below, k| x + k / below);
        density / fraction / 2.506628274631
    };
    if score > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_always_there_and_in_order() {
        let set = Quantiles::new([0.9, 0.1, 0.9]).unwrap();
        assert_eq!(set.as_slice(), [0.1, 0.5, 0.9]);
        assert_eq!(set.median_index(), 1);
        assert!(Quantiles::new([1.0]).is_err());
        assert!(Quantiles::new([f64::NAN]).is_err());
    }

    #[test]
    fn normal_quantiles_match_the_tables() {
        for (p, z) in [(0.5, 0.0), (0.9, 1.281551566), (0.975, 1.959963985), (0.001, -3.090232306)]
        {
            assert!((normal_quantile(p) - z).abs() < 1e-7, "{p}");
        }
    }

    #[test]
    fn a_normal_probability_inverts_its_quantile() {
        assert_eq!(normal_probability(0.0), 0.5);
        assert!((normal_probability(1.959963984540054) - 0.975).abs() < 1e-13);
        for p in [1e-6, 0.001, 0.02, 0.3, 0.5, 0.8, 0.99, 0.999999] {
            assert!((normal_probability(normal_quantile(p)) - p).abs() < 5e-8 * p, "{p}");
        }
        assert!(normal_probability(-8.0) > 6.2e-16 && normal_probability(-8.0) < 6.3e-16);
    }
}
