//! Positions that are counted from the token ids: `CumSum(ids ≠ padding)·(ids ≠ padding) + padding`, an index into a table.
//!
//! With padding at the end, every token before it has the position of a sample without padding. Rows of padding tokens get
//! other values than in the model; the padding mask leaves them out of all other rows.

use super::probe::Probe;
use super::{Context, Found, Part, Site};
use crate::error::{Error, Result};
use crate::import::decode::ValueId;
use crate::qann::Op;

/// The pattern.
pub fn find(context: &Context, site: Site) -> Result<Option<Found>> {
    let (node, flow) = (site.node, context.flow);
    if !node.is("Gather") || !flow.is_constant(node.input(0)?) || node.int("axis", 0) != 0 {
        return Ok(None);
    }
    let index = node.input(1)?;
    if !counts(context, index) {
        return Ok(None);
    }
    let Some(probe) = Probe::of(context, index)? else { return Ok(None) };
    let plain = probe.without_padding();
    let positions = probe.evaluate(&plain)?;
    let rows = positions.as_ints().map_err(Error::input)?.to_vec();
    let wrong = |why: &str| {
        Error::input(format!(
            "these positions depend on the tokens in another way than by padding at the end: {why}"
        ))
        .fix("use constant positions, or count the tokens that are not padding")
    };
    // Other tokens, and padding at the end, change nothing before it; which one is the padding is seen from those that do.
    let turned: Vec<i64> = plain.iter().rev().copied().collect();
    if probe.evaluate(&turned)?.as_ints().map_err(Error::input)? != rows {
        return Err(wrong("other tokens change them"));
    }
    let mut moving = Vec::new();
    for &padding in &probe.candidates {
        for at in 0..probe.tokens {
            let mut ids = plain.clone();
            ids[at] = padding;
            if probe.evaluate(&ids)?.as_ints().map_err(Error::input)? != rows {
                moving.push(padding);
                break;
            }
        }
        for first in 1..probe.tokens {
            let padded: Vec<i64> =
                (0..probe.tokens).map(|i| if i < first { plain[i] } else { padding }).collect();
            let found = probe.evaluate(&padded)?;
            if found.as_ints().map_err(Error::input)?[..first] != rows[..first] {
                return Err(wrong(&format!("token {padding} changes those before it")));
            }
        }
    }
    let table = flow.constant(node.input(0)?)?;
    let &[entries, channels] = &table.dims[..] else { return Ok(None) };
    let all = table.to_f64();
    let mut values = Vec::new();
    for &row in &rows[..probe.tokens] {
        let row = usize::try_from(row).ok().filter(|&row| row < entries);
        let row = row.ok_or_else(|| wrong("an index is beyond the table"))?;
        values.extend_from_slice(&all[row * channels..(row + 1) * channels]);
    }
    let Some(to) = flow.data_extents(site.value)? else { return Ok(Some(Found::Blocked(vec![index]))) };
    let shape = flow.shape(to);
    if shape.len() != values.len() {
        return Ok(None);
    }
    match moving[..] {
        [] => {}
        [padding] => context.counts_without(i32::try_from(padding).unwrap_or(i32::MAX)),
        [first, second, ..] => {
            return Err(wrong(&format!("several tokens do not count, {first} and {second} among them")));
        }
    }
    let steps: Vec<(Op, Vec<Part>)> = vec![(Op::Constant { shape, values }, Vec::new())];
    Ok(Some(Found::Chain { steps, name: node.name.clone(), detail: format!("rows {} …", rows[0]) }))
}

/// Whether a sum along the tokens is behind a value.
fn counts(context: &Context, value: ValueId) -> bool {
    let mut open = vec![value];
    for _ in 0..64 {
        let Some(value) = open.pop() else { return false };
        if let Some((_, node)) = context.flow.model.producer_of(value)
            && !context.flow.is_constant(value)
        {
            if node.is("CumSum") {
                return true;
            }
            open.extend(node.inputs.iter().flatten());
        }
    }
    false
}
