//! The inner loops of a growing tree: many features or targets side by side, written so that the compiler makes vector
//! instructions of them.

use super::bins::GROUP;

/// Rows that are added up before bytes could overflow.
pub(crate) const ADDED: usize = 255;

/// Counts the rows that go left at each feature, and adds up their shares; [`ADDED`] rows at most.
pub(crate) fn add_up<'a>(
    rows: impl Iterator<Item = (&'a [u8; GROUP], &'a u16)>,
    steps: &[u8; GROUP],
) -> ([u8; GROUP], [u16; GROUP]) {
    let (mut count, mut sum) = ([0_u8; GROUP], [0_u16; GROUP]);
    for (values, share) in rows {
        // All bits set for a row that goes left; one step a loop, as the compiler makes vectors of them.
        let left: [u8; GROUP] =
            std::array::from_fn(|lane| if values[lane] <= steps[lane] { 255 } else { 0 });
        for lane in 0..GROUP {
            count[lane] = count[lane].wrapping_sub(left[lane]);
        }
        for lane in 0..GROUP {
            sum[lane] += u16::from(left[lane]) & share;
        }
    }
    (count, sum)
}

/// The whole part of a number from 0 to 255, by the bits of a sum that has no room for more: a cast, which looks for
/// numbers that do not fit, is no vector instruction.
#[inline]
pub(crate) fn floor(value: f32) -> u16 {
    const NO_FRACTION: f32 = 8_388_608.0;
    let sum = value + NO_FRACTION;
    let rounded_up = u32::from(sum - NO_FRACTION > value);
    ((sum.to_bits() - rounded_up) & 0xff) as u16
}

/// The least and the largest of `values`, eight side by side.
#[inline]
pub(crate) fn bounds(values: &[f32]) -> (f32, f32) {
    let (mut least, mut largest) = ([f32::INFINITY; 8], [f32::NEG_INFINITY; 8]);
    let mut take = |lane: usize, value: f32| {
        least[lane] = if value < least[lane] { value } else { least[lane] };
        largest[lane] = if value > largest[lane] { value } else { largest[lane] };
    };
    let (eights, rest) = values.as_chunks::<8>();
    eights.iter().for_each(|eight| (0..8).for_each(|lane| take(lane, eight[lane])));
    rest.iter().for_each(|value| take(0, *value));
    (
        least.into_iter().fold(f32::INFINITY, f32::min),
        largest.into_iter().fold(f32::NEG_INFINITY, f32::max),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_all_lanes_and_of_the_rest() {
        let values: Vec<f32> = (0..19).map(|i| (i * 7 % 19) as f32).collect();
        assert_eq!(bounds(&values), (0.0, 18.0));
        assert_eq!(bounds(&[4.0]), (4.0, 4.0));
    }

    #[test]
    fn the_floor_is_that_of_a_cast() {
        let quarters = (0..1_024).map(|quarter| quarter as f32 / 4.0);
        let beside = [0.499_999_97, 0.999_999_94, 254.999_98, 255.5];
        for value in quarters.chain(beside) {
            assert_eq!(floor(value), value as u16, "{value}");
        }
    }

    #[test]
    fn rows_on_the_step_go_left() {
        let (low, high, shares) = ([3_u8; GROUP], [4_u8; GROUP], [10_u16, 200]);
        let (count, sum) = add_up([&low, &high].into_iter().zip(&shares), &[3; GROUP]);
        assert_eq!((count, sum), ([1; GROUP], [10; GROUP]));
    }
}
