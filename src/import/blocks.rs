//! `DepthToSpace` and `SpaceToDepth`: blocks of pixels become channels of one pixel, or the other way round.

use super::decode::Node;
use crate::graph::transposed_index;

/// The largest side of a block.
const MOST: usize = 1 << 10;

/// The map `[batch, channels, lines, columns]` and the side of a block.
fn parts(node: &Node, dims: &[usize]) -> Result<([usize; 4], usize), String> {
    let &[n, c, h, w] = dims else {
        return Err(format!("{} of extents {dims:?}; supported are images", node.op));
    };
    let side = node.int("blocksize", 0);
    let side = usize::try_from(side).ok().filter(|b| (1..=MOST).contains(b));
    let side = side.ok_or_else(|| format!("{} with blocks of {}", node.op, node.int("blocksize", 0)))?;
    let fits = match node.is("DepthToSpace") {
        true => c.is_multiple_of(side * side),
        false => h.is_multiple_of(side) && w.is_multiple_of(side),
    };
    match fits && dims.iter().all(|&d| d > 0) {
        true => Ok(([n, c, h, w], side)),
        false => Err(format!("{} of extents {dims:?} with blocks of {side}", node.op)),
    }
}

/// Extents of the result.
///
/// # Errors
/// If blocks do not divide the extents.
pub fn extents(node: &Node, dims: &[usize]) -> Result<Vec<usize>, String> {
    let ([n, c, h, w], b) = parts(node, dims)?;
    let more = |d: usize, by: usize| d.checked_mul(by).ok_or("a huge extent");
    Ok(match node.is("DepthToSpace") {
        true => vec![n, c / (b * b), more(h, b)?, more(w, b)?],
        false => vec![n, more(c, b * b)?, h / b, w / b],
    })
}

/// Extents of the result, and the element of the source that each of its elements is.
///
/// # Errors
/// As [`extents`].
pub fn order(node: &Node, dims: &[usize]) -> Result<(Vec<usize>, Vec<usize>), String> {
    let ([n, c, h, w], b) = parts(node, dims)?;
    let to = extents(node, dims)?;
    let (split, order) = match (node.is("DepthToSpace"), node.string("mode", "DCR").as_str()) {
        (true, "DCR") => (vec![n, b, b, c / (b * b), h, w], [0, 3, 4, 1, 5, 2]),
        (true, "CRD") => (vec![n, c / (b * b), b, b, h, w], [0, 1, 4, 2, 5, 3]),
        (true, mode) => return Err(format!("DepthToSpace of the mode {mode:?}")),
        (false, _) => (vec![n, c, h / b, b, w / b, b], [0, 3, 5, 1, 2, 4]),
    };
    Ok((to, transposed_index(&split, &order)))
}
