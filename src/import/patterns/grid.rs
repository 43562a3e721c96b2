//! Floats that are integers times a scale, though no quantiser is left: exporters that evaluate constants store
//! `float(s·k)` and forget `s` and `k`.

/// The largest scale of which all values are integer multiples that fit `bits` bits in two's complement: `k·s`, rounded to
/// a float, is the value. Any scale, 1, if all values are 0; none if there is no such scale.
///
/// If the largest magnitude `m` is `K·s` before rounding, then `s` lies in the interval of all numbers that `K` times
/// rounds to `m`, of relative width 2⁻²³ or less. With `K` below 2¹⁶ that is narrow enough to tell the integer behind
/// every other value, and every other value narrows it further.
pub fn scale_of(values: &[f32], bits: u8) -> Option<f32> {
    let top = 1u32 << (bits - 1);
    let mut magnitudes: Vec<f32> = values.iter().map(|w| w.abs()).filter(|&w| w != 0.0).collect();
    magnitudes.sort_unstable_by(f32::total_cmp);
    magnitudes.dedup();
    let Some(&largest) = magnitudes.last() else { return Some(1.0) };
    if !largest.is_finite() || magnitudes.len() > top as usize {
        return None;
    }
    let fits = |s: f32| {
        values.iter().all(|&w| {
            let k = multiple(w, s);
            k * s == w && k >= -(top as f32) && k < top as f32
        })
    };
    (1..=top).find_map(|k| {
        let interval = narrowed(&magnitudes, largest, f64::from(k))?;
        floats_in(interval).into_iter().find(|&s| fits(s))
    })
}

/// The integer that `w` is times `s`, if it is one.
pub fn multiple(w: f32, s: f32) -> f32 {
    // Both are far from the half between two integers, or the product shows it.
    #[expect(clippy::cast_possible_truncation)]
    let k = (f64::from(w) / f64::from(s)).round() as f32;
    k
}

/// The scales of which all magnitudes are multiples within rounding, the largest being `k` times it.
fn narrowed(magnitudes: &[f32], largest: f32, k: f64) -> Option<[f64; 2]> {
    let [mut low, mut high] = rounding_interval(largest).map(|end| end / k);
    for &w in magnitudes {
        let k = (f64::from(w) / f64::midpoint(low, high)).round();
        if k < 1.0 {
            return None;
        }
        let [from, to] = rounding_interval(w).map(|end| end / k);
        (low, high) = (low.max(from), high.min(to));
        if low > high {
            return None;
        }
    }
    Some([low, high])
}

/// All numbers that round to this float lie between these two.
fn rounding_interval(w: f32) -> [f64; 2] {
    let w64 = f64::from(w);
    let above = w.next_up();
    let half = if above.is_finite() { f64::from(above) - w64 } else { w64 - f64::from(w.next_down()) } / 2.0;
    [w64 - half, w64 + half]
}

/// Floats in an interval, those in its middle first; and those beside it, for its ends are rounded.
fn floats_in([low, high]: [f64; 2]) -> Vec<f32> {
    const MOST: usize = 8;
    let middle = f64::midpoint(low, high);
    #[expect(clippy::cast_possible_truncation)]
    let first = (low as f32).next_down();
    let mut list: Vec<f32> =
        std::iter::successors(Some(first), |s| Some(s.next_up())).take(MOST).filter(|&s| s > 0.0).collect();
    list.sort_by(|a, b| (f64::from(*a) - middle).abs().total_cmp(&(f64::from(*b) - middle).abs()));
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SplitMix64.
    fn random(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z ^ (z >> 31)
    }

    fn levels(values: &[f32], s: f32) -> Vec<f32> {
        values.iter().map(|&w| multiple(w, s)).collect()
    }

    #[test]
    fn scales_of_rounded_products_are_found() {
        let state = &mut 1;
        for round in 0..3000 {
            let s = 1e-3 * (1.0 + (random(state) % (1 << 23)) as f32 / (1 << 23) as f32);
            let bits = [2, 3, 4, 8, 8, 12, 16][round % 7];
            let top = 1i64 << (bits - 1);
            // Neither end of the range need be used, and the common factor is 1.
            let mut k: Vec<f32> = (0..random(state) % 40)
                .map(|_| ((random(state) % (2 * top) as u64) as i64 - top) as f32)
                .collect();
            k.extend([1.0, 0.0]);
            let values: Vec<f32> = k.iter().map(|k| k * s).collect();
            let found = scale_of(&values, bits).expect("a scale");
            assert_eq!(found, s);
            assert_eq!(levels(&values, found), k);
        }
    }

    #[test]
    fn the_scale_is_the_largest() {
        assert_eq!(scale_of(&[0.5, -1.0, 0.0], 8), Some(0.5));
        assert_eq!(scale_of(&[1.0, 2.0, -3.0].map(|k| k * 0.3), 8), Some(0.3));
        assert_eq!(scale_of(&[-7.0], 2), Some(7.0));
        assert_eq!(scale_of(&[0.0; 3], 8), Some(1.0));
        // Without 1 among the integers, one scale in the interval is as good as another.
        let values = [3.0, -5.0, 7.0].map(|k: f32| k * 0.1);
        let s = scale_of(&values, 8).expect("a scale");
        assert_eq!(levels(&values, s), [3.0, -5.0, 7.0]);
    }

    #[test]
    fn the_range_is_that_of_twos_complement() {
        let values = |k: f32| [0.1, k * 0.1];
        assert_eq!(scale_of(&values(-128.0), 8), Some(0.1));
        assert_eq!(scale_of(&values(127.0), 8), Some(0.1));
        assert_eq!(scale_of(&values(128.0), 8), None);
        assert_eq!(scale_of(&values(-129.0), 8), None);
        assert_eq!(scale_of(&values(128.0), 9), Some(0.1));
        assert_eq!(scale_of(&values(32767.0), 16), Some(0.1));
    }

    #[test]
    fn one_float_off_is_no_grid() {
        let mut values: Vec<f32> = (-100i16..100).map(|k| f32::from(k) * 0.0123).collect();
        assert_eq!(scale_of(&values, 8), Some(0.0123));
        values[3] = values[3].next_up();
        assert_eq!(scale_of(&values, 8), None);
        assert_eq!(scale_of(&values, 16), None);
        values[3] = f32::NAN;
        assert_eq!(scale_of(&values, 8), None);
    }

    #[test]
    fn other_floats_are_not_taken_for_multiples() {
        let state = &mut 2;
        for _ in 0..2000 {
            let values: Vec<f32> = (0..6).map(|_| (random(state) >> 40) as f32 - 8_388_608.5).collect();
            assert_eq!(scale_of(&values, 8), None, "{values:?}");
        }
    }

    #[test]
    fn extreme_magnitudes() {
        assert_eq!(scale_of(&[f32::MAX, -f32::MAX], 8), Some(f32::MAX));
        assert_eq!(scale_of(&[f32::MAX, 1.0], 8), None);
        let s = f32::from_bits(1);
        assert_eq!(scale_of(&[s, 5.0 * s, -128.0 * s], 8), Some(s));
        assert_eq!(scale_of(&[f32::INFINITY, 1.0], 8), None);
    }
}
