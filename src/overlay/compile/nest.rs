//! Elements that become spikes as they come: the order of the rows they belong to, as nested loops.
//!
//! `for plane, for band, for pass, for row of the band, for element of a run`: the element belongs to row
//! `band · band_rows + row`, and is the next one of that row. Patches of an image are such rows.

use crate::overlay::machine::Nest;

/// Most bits of groups that wait for the next pass of their band.
const MOST_OPEN_BITS: usize = 1 << 16;

/// The loops, and the position of each channel in its row: the rank in which it comes. Element `k` of the rows is element
/// `order[k]` of the sample. None if the order is another one, or if a group of `lanes` neurons would have to wait for another band.
pub(super) fn nest(
    order: Option<&[usize]>,
    (rows, channels): (usize, usize),
    (lanes, steps): (usize, usize),
) -> Option<(Nest, Vec<usize>)> {
    let total = rows.checked_mul(channels).filter(|&total| total > 0)?;
    let mut place = vec![usize::MAX; total];
    for k in 0..total {
        let at = match order {
            Some(order) => *order.get(k)?,
            None => k,
        };
        let place = place.get_mut(at).filter(|place| **place == usize::MAX)?;
        *place = k;
    }
    let mut positions = vec![usize::MAX; channels];
    let mut seen = vec![0; rows];
    // Rows of runs, and their elements.
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for k in place {
        let (row, channel) = (k / channels, k % channels);
        let position = &mut positions[channel];
        if *position == usize::MAX {
            *position = seen[row];
        }
        if *position != seen[row] {
            return None;
        }
        seen[row] += 1;
        match runs.last_mut() {
            Some((last, length)) if *last == row => *length += 1,
            _ => runs.push((row, 1)),
        }
    }
    let run = runs[0].1;
    if runs.iter().any(|&(_, length)| length != run) {
        return None;
    }
    let again = runs.iter().skip(1).position(|&(row, _)| row == 0);
    let band_rows = again.map_or(1, |n| n + 1);
    let passes = match again {
        None => 1,
        Some(_) => {
            runs.chunks(band_rows).take_while(|band| band.iter().map(|run| run.0).eq(0..band_rows)).count()
        }
    };
    let bands = rows / band_rows;
    let planes = runs.len() / (bands * passes * band_rows).max(1);
    let nest = Nest { run, band_rows, passes, bands, planes };
    let rows_of = |_| {
        let bands = 0..bands;
        bands.flat_map(move |band| (0..passes).flat_map(move |_| band * band_rows..(band + 1) * band_rows))
    };
    if !(0..planes).flat_map(rows_of).eq(runs.iter().map(|run| run.0)) {
        return None;
    }
    let divided = planes > 1 && !(passes * run).is_multiple_of(lanes);
    let open = nest.open(lanes) * lanes * (steps + 1);
    (!divided && open <= MOST_OPEN_BITS).then_some((nest, positions))
}

#[cfg(test)]
mod tests {
    use super::nest;

    /// Patches of an image with `planes` planes: rows are patches, channels (plane, line, column) or (line, column, plane).
    fn patches(side: usize, patch: usize, planes: usize, last: bool) -> Vec<usize> {
        let across = side / patch;
        let mut order = Vec::new();
        for (py, px) in (0..across * across).map(|p| (p / across, p % across)) {
            for k in 0..planes * patch * patch {
                let (plane, at) =
                    if last { (k % planes, k / planes) } else { (k / (patch * patch), k % (patch * patch)) };
                let (y, x) = (py * patch + at / patch, px * patch + at % patch);
                order.push(if last {
                    (y * side + x) * planes + plane
                } else {
                    (plane * side + y) * side + x
                });
            }
        }
        order
    }

    #[test]
    fn patches_are_nested_loops() {
        let numbers = |order: Option<&[usize]>, shape, lanes| {
            let (nest, positions) = nest(order, shape, (lanes, 8))?;
            let dense = positions.iter().copied().eq(0..positions.len());
            Some(([nest.run, nest.band_rows, nest.passes, nest.bands, nest.planes], dense))
        };
        // In order; two rows of a plane each; patches of planes, and of pixels.
        assert_eq!(numbers(None, (5, 12), 4), Some(([12, 1, 1, 5, 1], true)));
        assert_eq!(numbers(Some(&patches(8, 4, 3, false)), (4, 48), 8), Some(([4, 2, 4, 2, 3], true)));
        assert_eq!(numbers(Some(&patches(8, 4, 3, true)), (4, 48), 8), Some(([12, 2, 4, 2, 1], true)));
        // One patch is as it comes.
        assert_eq!(numbers(Some(&patches(4, 4, 1, true)), (1, 16), 8), Some(([16, 1, 1, 1, 1], true)));
        // Channels behind their planes come in another order: pixels as rows.
        let pixels: Vec<usize> = (0..6).flat_map(|p| [p, 6 + p]).collect();
        assert_eq!(numbers(Some(&pixels), (6, 2), 1), Some(([1, 6, 2, 1, 1], true)));
        // A group would wait for another band, elements are missing, rows differ.
        assert_eq!(numbers(Some(&patches(8, 4, 3, false)), (4, 48), 32), None);
        assert_eq!(numbers(Some(&[0, 0, 1, 2]), (2, 2), 1), None);
        assert_eq!(numbers(Some(&[0, 1, 3, 2]), (2, 2), 1), None);
    }
}
