//! The rule of padding of samples of token ids whose positions are counted from the tokens.

use super::decode::ValueId;
use super::find::{Findings, name_of};
use super::patterns::Found;
use crate::error::Error;
use crate::qann::Op;
use crate::quant::Padding;

/// What the padding of a sample must keep to: positions that are counted from the tokens are those of a sample whose padding,
/// if any, is at the end, and rows of padding tokens have other values than in the model. Nothing else may read those.
pub fn of(findings: &mut Findings) -> Option<Padding> {
    let (_, &token) = findings.counted.first_key_value()?;
    if let Some((&index, other)) = findings.counted.iter().find(|(_, other)| **other != token) {
        let problem = format!(
            "these positions are counted from the tokens other than {other}, others from those other than {token}"
        );
        let error = Error::input(problem).fix("count all positions from the same tokens");
        findings.wrong.entry(index).or_default().push(error);
        return None;
    }
    let count = |wanted: &dyn Fn(&Op) -> bool| -> usize {
        let ops = |(_, _, found): &(ValueId, &'static str, Found)| match found {
            Found::Operator { op, .. } => usize::from(wanted(op)),
            Found::Chain { steps, .. } => steps.iter().filter(|(op, _)| wanted(op)).count(),
            Found::Same(_) | Found::Blocked(_) => 0,
        };
        findings.found.values().map(ops).sum()
    };
    let masks = count(&|op| matches!(op, Op::Mask(masked) if *masked == token));
    let elements = counted_elements(findings);
    let mixes = count(&|op| reads_across_rows(op, elements));
    let (padding, text) = if masks > 0 && masks == count(&|op| matches!(op, Op::Softmax)) && mixes == 0 {
        let text = format!(
            "positions are counted from the tokens other than {token}, the padding: samples with padding elsewhere than at \
             the end are refused. Rows of padding tokens have other values than in the model, and the mask leaves them out"
        );
        (Padding::Last(token), text)
    } else {
        let text = format!(
            "positions are counted from the tokens other than {token}, the padding, whose rows are not left out everywhere: \
             samples that contain it are refused. For samples with padding, mask it in every attention, as with the attention \
             mask as a second input and --bind attention_mask=padding:{token}, and read the rows of single tokens at the end"
        );
        (Padding::Absent(token), text)
    };
    for index in findings.counted.keys() {
        let names = findings.found.range((*index, 0)..=(*index, usize::MAX));
        for (_, (_, _, found)) in names {
            let name = name_of(found).unwrap_or_default().to_owned();
            findings.told.entry(*index).or_default().push((name, text.clone()));
        }
    }
    Some(padding)
}

/// Elements of the value that the counted positions are added to: a row for each token.
fn counted_elements(findings: &Findings) -> usize {
    let mut least = None;
    for &index in findings.counted.keys() {
        for (_, (_, _, found)) in findings.found.range((index, 0)..=(index, usize::MAX)) {
            let Found::Chain { steps, .. } = found else { continue };
            for (op, _) in steps {
                if let Op::Constant { shape, .. } = op {
                    least = Some(least.map_or(shape.len(), |least: usize| least.min(shape.len())));
                }
            }
        }
    }
    least.unwrap_or(0)
}

/// Whether an operator other than attention reads several rows of a value of this many elements, a row for each token, or makes
/// rows of its columns, so that a layer does.
fn reads_across_rows(op: &Op, elements: usize) -> bool {
    match op {
        Op::Mean | Op::Convolution { .. } | Op::AveragePool(_) | Op::MaxPool(_) | Op::Resample { .. } => true,
        Op::Reshape(shape) => shape.0.len() == 1 && shape.len() >= elements,
        Op::Transpose(order) => order[..] == [1, 0],
        Op::Input { .. }
        | Op::Linear { .. }
        | Op::Affine { .. }
        | Op::Quantise(_)
        | Op::Relu
        | Op::Function(_)
        | Op::Pick { .. }
        | Op::Constant { .. }
        | Op::Add
        | Op::Mul
        | Op::Concat(_)
        | Op::Slice { .. }
        | Op::Scale(_)
        | Op::Line { .. }
        | Op::Times(_)
        | Op::MatMul
        | Op::LayerNorm { .. }
        | Op::Softmax
        | Op::Mask(_)
        | Op::Band(_)
        | Op::Embedding { .. }
        | Op::Output => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Shape;

    /// Four tokens of three channels.
    #[test]
    fn flattened_and_transposed_rows_are_read_across() {
        let across = |op: Op| reads_across_rows(&op, 12);
        assert!(
            across(Op::Mean) && across(Op::Reshape(Shape(vec![12]))) && across(Op::Transpose(vec![1, 0]))
        );
        // One token; heads.
        assert!(!across(Op::Reshape(Shape(vec![3]))) && !across(Op::Reshape(Shape(vec![4, 1, 3]))));
        assert!(!across(Op::Transpose(vec![1, 0, 2])) && !across(Op::Softmax));
    }
}
