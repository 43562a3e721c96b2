//! Search: all widths together by bisection, then one after another until none can be lowered.
//!
//! All together first, so that no width uses up the tolerance.

/// Widths from `start` downwards that `accepts`, none of which is below `lowest`, such that one bit less in any one of those
/// `used` is not accepted or not possible. `start` is taken as accepted.
///
/// Accuracy need not fall with every bit, so this is one such point, not the least sum of all.
pub fn smallest<B>(start: B, used: &[bool], lowest: u32, accepts: &mut impl FnMut(B) -> bool) -> B
where
    B: AsRef<[u32]> + AsMut<[u32]> + Clone + PartialEq,
{
    let lowered = |by: u32| {
        let mut bits = start.clone();
        for (bits, _) in bits.as_mut().iter_mut().zip(used).filter(|(_, used)| **used) {
            *bits = bits.saturating_sub(by).max(lowest.min(*bits));
        }
        bits
    };
    let most = start.as_ref().iter().copied().max().unwrap_or(1);
    // Largest common reduction that is accepted, and smallest one that is not.
    let (mut good, mut bad) = (0, most);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        if accepts(lowered(middle)) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    let mut bits = lowered(good);
    loop {
        let before = bits.clone();
        for width in (0..used.len()).filter(|&width| used[width]) {
            bits.as_mut()[width] = least(bits.as_ref()[width], lowest, &mut |value| {
                let mut tried = bits.clone();
                tried.as_mut()[width] = value;
                accepts(tried)
            });
        }
        if bits == before {
            return bits;
        }
    }
}

/// A value from `start` downwards that is accepted, the next lower one not being accepted or below `lowest`: steps that double
/// until one is not accepted, then bisection.
fn least(start: u32, lowest: u32, accepts: &mut impl FnMut(u32) -> bool) -> u32 {
    let floor = lowest.saturating_sub(1);
    let (mut good, mut bad, mut step) = (start, floor, 1);
    while good > bad && good - bad > 1 {
        let tried = match bad == floor {
            true => good.saturating_sub(step).max(lowest),
            false => good.midpoint(bad),
        };
        if accepts(tried) {
            good = tried;
            step *= 2;
        } else {
            bad = tried;
        }
    }
    good
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{least, smallest};

    type Bits = [u32; 4];

    const START: Bits = [26, 24, 24, 30];
    const ALL: [bool; 4] = [true; 4];

    #[test]
    fn no_width_can_be_lowered_further() {
        let rules: [fn(&Bits) -> bool; 5] = [
            |b| b[0] >= 13 && b[1] >= 7 && b[2] >= 1 && b[3] >= 29,
            |b| b.iter().sum::<u32>() >= 40,
            // Not monotone.
            |b| b.iter().sum::<u32>() % 3 != 1 && b.iter().all(|&b| b > 2) || *b == START,
            |b| *b == START,
            |_| true,
        ];
        for (n, rule) in rules.iter().enumerate() {
            let found = smallest(START, &ALL, 1, &mut |bits| rule(&bits));
            assert!(rule(&found), "rule {n}: {found:?}");
            for width in 0..4 {
                let mut less = found;
                less[width] -= 1;
                assert!(less[width] == 0 || !rule(&less), "rule {n}: {less:?} below {found:?}");
            }
        }
        assert_eq!(smallest(START, &ALL, 1, &mut |bits| rules[0](&bits)), [13, 7, 1, 29]);
    }

    #[test]
    fn the_tolerance_is_shared_among_the_widths() {
        // Each bit below the start costs its weight.
        let found = smallest(START, &ALL, 1, &mut |bits| {
            START.iter().zip(bits).map(|(a, b)| a - b).sum::<u32>() <= 40
        });
        assert_eq!(found, [16, 14, 14, 20]);
    }

    #[test]
    fn what_is_not_used_stays() {
        let found = smallest(START, &[true, false, false, false], 1, &mut |bits| bits[0] >= 9);
        assert_eq!(found, [9, 24, 24, 30]);
        // Nor does what is below the lowest value already.
        let found = smallest(vec![8, 1, 5], &[true; 3], 2, &mut |_| true);
        assert_eq!(found, [2, 1, 2]);
    }

    #[test]
    fn few_trials_suffice() {
        for target in 1..=32 {
            let mut tried = HashSet::new();
            let found = least(32, 1, &mut |value| {
                assert!((1..32).contains(&value));
                tried.insert(value);
                value >= target
            });
            assert_eq!(found, target);
            // Doubling takes log2(32) at most, bisection less than that.
            assert!(tried.len() <= 10, "{} trials for {target}", tried.len());
        }
    }
}
