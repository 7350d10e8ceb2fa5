//! Features in at most 256 steps each, so that many of them are compared at once.

use ndarray::{Array2, ArrayView1};

/// Features that are compared at once; the bytes of a row are padded to whole groups of them.
pub(crate) const GROUP: usize = 32;

/// Values of a feature that its steps are laid through, apart from the least and the largest.
const SAMPLED: usize = 1_000;

const STEPS: usize = 256;

/// The step that each feature of each row falls on.
pub(crate) struct Bins {
    /// Row after row.
    pub bytes: Vec<u8>,
    /// Bytes of a row.
    pub stride: usize,
    edges: Vec<Edges>,
}

/// The upper ends of the steps of a feature, ascending, infinite from its last step on.
struct Edges {
    fine: [[f32; 16]; 16],
    /// The last of each sixteen.
    coarse: [f32; 16],
}

impl Bins {
    /// Of `x`: rows by features.
    pub fn new(x: &Array2<f32>) -> Self {
        let stride = x.ncols().next_multiple_of(GROUP);
        let mut bytes = vec![0; x.nrows() * stride];
        let edges: Vec<Edges> = x.columns().into_iter().map(edges_of).collect();
        for (feature, (column, edges)) in x.columns().into_iter().zip(&edges).enumerate() {
            let places = bytes[feature..].iter_mut().step_by(stride);
            places.zip(column).for_each(|(byte, value)| *byte = step_of(edges, *value));
        }
        Self { bytes, stride, edges }
    }

    /// Features of a row.
    pub fn features(&self) -> usize {
        self.edges.len()
    }

    /// The bytes of a group of features of the row that begins at `row`.
    pub fn group(&self, row: u32, group: usize) -> &[u8; GROUP] {
        let from = row as usize + group * GROUP;
        self.bytes[from..from + GROUP].try_into().expect("a whole group")
    }

    /// The largest value of `feature` that falls on `step` or below.
    pub fn upper_end(&self, feature: usize, step: u8) -> f32 {
        self.edges[feature].fine[usize::from(step) / 16][usize::from(step) % 16]
    }
}

/// Between all values where they are few, else so that about as many rows fall on each step.
fn edges_of(column: ArrayView1<f32>) -> Edges {
    // Least and largest are in, so that a rare flag is not missed.
    let least = column.iter().copied().fold(f32::INFINITY, f32::min);
    let largest = column.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let thin = column.len().div_ceil(SAMPLED);
    let mut values: Vec<f32> = column.iter().copied().step_by(thin).collect();
    values.extend([least, largest]);
    values.sort_unstable_by(f32::total_cmp);
    let distinct = 1 + values.windows(2).filter(|pair| pair[0] < pair[1]).count();
    if distinct <= STEPS {
        values.dedup();
    }
    let steps = values.len().min(STEPS);
    let mut cuts: Vec<f32> = (1..steps)
        .map(|step| step * values.len() / steps)
        .filter(|at| values[at - 1] < values[*at])
        .map(|at| halfway(values[at - 1], values[at]))
        .collect();
    cuts.dedup();
    let mut fine = [[f32::INFINITY; 16]; 16];
    fine.as_flattened_mut()[..cuts.len()].copy_from_slice(&cuts);
    Edges { fine, coarse: fine.map(|edges| edges[15]) }
}

/// From `low` up to below `high`.
fn halfway(low: f32, high: f32) -> f32 {
    let middle = low + (high - low) / 2.0;
    if middle < high { middle } else { low }
}

/// How many edges lie below `value`: first among every sixteenth, then among the sixteen before that one.
fn step_of(edges: &Edges, value: f32) -> u8 {
    let below = |edges: &[f32; 16]| edges.iter().map(|edge| i32::from(*edge < value)).sum::<i32>();
    // The last edge is infinite, so that there always is one that is not below.
    let coarse = below(&edges.coarse);
    (16 * coarse + below(&edges.fine[coarse as usize & 15])) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_features::rows::SplitMix;

    #[test]
    fn a_value_is_above_the_edges_below_its_step() {
        let mut draw = SplitMix(1);
        let x = Array2::from_shape_fn((5_000, 3), |(_, feature)| match feature {
            0 => draw.unit() as f32,
            1 => (20.0 * draw.unit()).exp() as f32,
            _ => draw.below(7) as f32,
        });
        let bins = Bins::new(&x);
        assert_eq!((bins.features(), bins.stride), (3, GROUP));
        for ((row, feature), value) in x.indexed_iter() {
            let step = bins.bytes[row * bins.stride + feature];
            assert!(*value <= bins.upper_end(feature, step));
            assert!(step == 0 || *value > bins.upper_end(feature, step - 1));
        }
    }

    #[test]
    fn a_rare_flag_has_a_step_of_its_own() {
        let x = Array2::from_shape_fn((5_000, 1), |(row, _)| f32::from(u8::from(row == 4_321)));
        let bins = Bins::new(&x);
        assert_eq!(
            bins.bytes.iter().step_by(bins.stride).map(|step| usize::from(*step)).sum::<usize>(),
            1
        );
        assert_eq!(bins.bytes[4_321 * bins.stride], 1);
    }
}
