//! Every so manieth value, laid out so that those between two places lie side by side.

/// Values in as many parts as there are places to begin at; each part holds every so manieth of them.
#[derive(Debug)]
pub struct Thinned {
    parts: Vec<Vec<f64>>,
}

impl Thinned {
    /// Every `every`th of `values`, from each place on; `every` is at least 1.
    pub fn new(values: &[f64], every: usize) -> Self {
        let from = |place: usize| values.iter().copied().skip(place).step_by(every).collect();
        Self { parts: (0..every).map(from).collect() }
    }

    /// How many steps lie between two values of a part.
    pub fn every(&self) -> usize {
        self.parts.len()
    }

    /// The values at `from`, a stride after it and so on, before `to`.
    pub fn of(&self, from: usize, to: usize) -> &[f64] {
        let every = self.every();
        &self.parts[from % every][from / every..][..(to - from).div_ceil(every)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_are_those_of_the_stretch() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let thinned = Thinned::new(&values, 3);
        assert_eq!(thinned.of(4, 12), [4.0, 7.0, 10.0]);
        assert_eq!(thinned.of(5, 20), [5.0, 8.0, 11.0, 14.0, 17.0]);
        assert_eq!(thinned.of(6, 7), [6.0]);
        assert_eq!(Thinned::new(&values, 1).of(6, 9), [6.0, 7.0, 8.0]);
    }
}
