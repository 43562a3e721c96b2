//! How many channels a beat carries.

/// The fewest lanes that need no more beats per row than `most` lanes do: 10 channels on at most 16 lanes take 10.
pub(super) fn lanes_for(channels: usize, most: usize) -> usize {
    channels.div_ceil(channels.div_ceil(most))
}

/// The most lanes, at most `most`, that divide all of `sizes`: rows may then be regrouped without repacking.
pub(super) fn common_lanes(sizes: &[usize], most: usize) -> usize {
    let fits = |lanes: &usize| sizes.iter().all(|size| size.is_multiple_of(*lanes));
    (1..=most).rev().find(fits).unwrap_or(1)
}

/// A width in bits as a size.
pub(super) fn width_of(bits: u32) -> usize {
    usize::try_from(bits).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{common_lanes, lanes_for};

    #[test]
    fn no_lane_without_work() {
        for (channels, most, lanes) in
            [(10, 16, 10), (128, 16, 16), (100, 16, 15), (1, 16, 1), (17, 16, 9), (33, 1, 1)]
        {
            assert_eq!(lanes_for(channels, most), lanes, "{channels} channels, at most {most} lanes");
        }
        assert_eq!(common_lanes(&[5, 15], 16), 5);
        assert_eq!(common_lanes(&[7, 35], 4), 1);
        assert_eq!(common_lanes(&[12, 18, 30], 16), 6);
    }
}
