//! The elasticity metrics of the SPEC research group: how well supply follows demand, whatever the system.
//!
//! Source: Herbst et al., *Quantifying Cloud Performance and Dependability*, ACM TOMPECS 2018; Bauer et al., *Chameleon*,
//! IEEE TPDS 2019. With a demand of 0 the divisor is 1, so that a share of it stays a number.

use serde::Serialize;

/// In the place of an accuracy or a timeshare of 0 percent, so that the speedup stays finite.
const LEAST_PERCENT: f64 = 0.01;

/// Supply against demand, all in percent; 0 is best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Elasticity {
    /// Mean missing supply over demand.
    pub theta_u: f64,
    /// Mean surplus over demand; it may exceed 100.
    pub theta_o: f64,
    /// Share of time with too little.
    pub tau_u: f64,
    /// Share of time with too much.
    pub tau_o: f64,
    /// Share of time in which supply and demand move in different directions.
    pub instability: f64,
}

impl Elasticity {
    /// Compares `serving` with `demand` in the steps that `counts` lets through.
    ///
    /// ```
    /// use forescale_replay::Elasticity;
    /// let found = Elasticity::new(&[2, 4, 4, 2], &[2, 2, 4, 4], |_| true);
    /// assert_eq!((found.theta_u, found.theta_o, found.tau_u, found.tau_o), (12.5, 25.0, 25.0, 25.0));
    /// assert_eq!(found.instability, 100.0);
    /// ```
    pub fn new(demand: &[u32], serving: &[u32], counts: impl Fn(usize) -> bool) -> Self {
        let (mut steps, mut pairs, mut against) = (0_usize, 0_usize, 0_usize);
        let (mut missing, mut surplus, mut under, mut over) = (0.0, 0.0, 0_usize, 0_usize);
        for (t, (d, s)) in demand.iter().zip(serving).enumerate().filter(|(t, _)| counts(*t)) {
            steps += 1;
            let divisor = f64::from((*d).max(1));
            missing += f64::from(d.saturating_sub(*s)) / divisor;
            surplus += f64::from(s.saturating_sub(*d)) / divisor;
            under += usize::from(s < d);
            over += usize::from(s > d);
            if t > 0 && counts(t - 1) {
                pairs += 1;
                against += usize::from(s.cmp(&serving[t - 1]) != d.cmp(&demand[t - 1]));
            }
        }
        let percent = 100.0 / steps.max(1) as f64;
        Self {
            theta_u: percent * missing,
            theta_o: percent * surplus,
            tau_u: percent * under as f64,
            tau_o: percent * over as f64,
            instability: 100.0 / pairs.max(1) as f64 * against as f64,
        }
    }

    /// How much better this is than `baseline`: the geometric mean of the four ratios, above 1 when it is better.
    pub fn speedup_over(&self, baseline: &Self) -> f64 {
        let ratio = |ours: f64, theirs: f64| theirs.max(LEAST_PERCENT) / ours.max(LEAST_PERCENT);
        let ratios = [
            ratio(self.theta_u, baseline.theta_u),
            ratio(self.theta_o, baseline.theta_o),
            ratio(self.tau_u, baseline.tau_u),
            ratio(self.tau_o, baseline.tau_o),
        ];
        ratios.iter().product::<f64>().powf(0.25)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supply_that_is_demand_is_perfect() {
        let demand = [2, 5, 1, 0];
        let found = Elasticity::new(&demand, &demand, |_| true);
        let perfect =
            Elasticity { theta_u: 0.0, theta_o: 0.0, tau_u: 0.0, tau_o: 0.0, instability: 0.0 };
        assert_eq!(found, perfect);
        assert_eq!(found.speedup_over(&perfect), 1.0);
    }

    #[test]
    fn opposite_directions_count_once() {
        assert_eq!(Elasticity::new(&[2, 1], &[2, 3], |_| true).instability, 100.0);
    }

    #[test]
    fn steps_that_do_not_count_are_left_out() {
        let found = Elasticity::new(&[2, 9, 2], &[2, 1, 4], |t| t != 1);
        assert_eq!((found.tau_u, found.theta_o, found.instability), (0.0, 50.0, 0.0));
    }

    #[test]
    fn the_speedup_is_a_geometric_mean() {
        let base =
            Elasticity { theta_u: 8.0, theta_o: 8.0, tau_u: 8.0, tau_o: 8.0, instability: 0.0 };
        let better = Elasticity { theta_u: 0.5, ..base };
        assert!((better.speedup_over(&base) - 2.0).abs() < 1e-12);
    }
}
