//! Bounds of `Slice`.

use super::decode::Node;
use super::dims;
use super::flow::Flow;

/// What a `Slice` takes of one axis, as the node has it: negative bounds count from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The axis.
    pub axis: usize,
    /// The first index.
    pub start: i64,
    /// The index before which it ends.
    pub end: i64,
    /// From one index to the next; not 0.
    pub step: i64,
}

impl Cut {
    /// The number of indices of an extent.
    ///
    /// # Errors
    /// If it is none.
    pub fn count(self, extent: usize) -> Result<usize, String> {
        let Self { start, end, step, .. } = self;
        match bounds(extent, start, end, step)? {
            (first, last) if (step > 0 && first < last) || (step < 0 && first > last) => {
                let span = (i128::from(last) - i128::from(first)).unsigned_abs();
                usize::try_from(span.div_ceil(u128::from(step.unsigned_abs()))).map_err(|e| e.to_string())
            }
            _ => Err(format!("an empty Slice {start}…{end} of an extent of {extent}")),
        }
    }

    /// The first index of an extent, if the indices follow each other.
    pub fn contiguous(self, extent: usize) -> Option<usize> {
        let first = bounds(extent, self.start, self.end, self.step).ok()?.0;
        usize::try_from(first).ok().filter(|_| self.step == 1)
    }
}

/// The first index of an extent, and that before which a part ends.
fn bounds(extent: usize, start: i64, end: i64, step: i64) -> Result<(i64, i64), String> {
    let extent = i64::try_from(extent).map_err(|_| "a huge extent")?;
    if step == 0 {
        return Err("a Slice with step 0".into());
    }
    let absolute = |p: i64| if p < 0 { p.saturating_add(extent) } else { p };
    let (low, high) = if step > 0 { (0, extent) } else { (-1, extent - 1) };
    let clamped = |p: i64| absolute(p).clamp(low, high.max(low));
    Ok((clamped(start), clamped(end)))
}

/// The indices of an extent that a part has.
///
/// # Errors
/// If the step is 0, or the extent is huge.
pub fn chosen(extent: usize, start: i64, end: i64, step: i64) -> Result<Vec<usize>, String> {
    let (mut at, end) = bounds(extent, start, end, step)?;
    let mut chosen = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        chosen.push(usize::try_from(at).map_err(|_| "a Slice before the start")?);
        at = at.saturating_add(step);
    }
    Ok(chosen)
}

impl Flow<'_> {
    /// What a `Slice` of a value of these extents takes of each axis that it names.
    ///
    /// # Errors
    /// If bounds are not constant, or lists have different lengths.
    pub fn slices(&self, node: &Node, dims: &[usize]) -> Result<Vec<Cut>, String> {
        let list = |name: &str, port: usize| -> Result<Option<Vec<i64>>, String> {
            match (node.ints(name), node.optional_input(port)) {
                (Some(list), _) => Ok(Some(list.to_vec())),
                (None, Some(v)) => Ok(Some(self.constant(v).map_err(|e| e.problem)?.as_ints()?.to_vec())),
                (None, None) => Ok(None),
            }
        };
        let starts = list("starts", 1)?.ok_or("a Slice without starts")?;
        let ends = list("ends", 2)?.ok_or("a Slice without ends")?;
        let axes = list("axes", 3)?.unwrap_or_else(|| (0..).take(starts.len()).collect());
        let steps = list("steps", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
        if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] || steps.contains(&0) {
            return Err("a Slice with a step of 0, or lists of different lengths".into());
        }
        let cut = |n: usize| {
            Ok(Cut { axis: dims::axis(axes[n], dims.len())?, start: starts[n], end: ends[n], step: steps[n] })
        };
        (0..starts.len()).map(cut).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, chosen};

    #[test]
    fn a_cut_has_as_many_indices_as_it_chooses() {
        for extent in [1, 2, 5] {
            for (start, end, step) in [
                (0, 9, 1),
                (1, -1, 1),
                (0, i64::MAX, 2),
                (1, 9, 2),
                (-1, i64::MIN, -1),
                (3, 0, -2),
                (0, 9, i64::MAX),
            ] {
                let list = chosen(extent, start, end, step).expect("a cut");
                let cut = Cut { axis: 0, start, end, step };
                assert_eq!(
                    cut.count(extent).ok(),
                    Some(list.len()).filter(|&n| n > 0),
                    "{cut:?} of {extent}"
                );
                if let Some(first) = cut.contiguous(extent).filter(|_| !list.is_empty()) {
                    assert_eq!(list, (first..first + list.len()).collect::<Vec<_>>());
                }
            }
        }
        assert!(chosen(3, 0, 3, 0).is_err());
    }
}
