//! Logits of several positions: tokens of a language model, pixels of a segmentation. Each position has a class.

use super::compare;
use crate::qann;
use crate::snn::{Model, Op};

/// How the logits of a sample are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    /// Number of positions; 1 for a classifier of whole samples.
    pub rows: usize,
    /// Logits of a position.
    pub channels: usize,
    /// Whether classes are the first extent of the original model's output, as of a convolution, and not the last one.
    classes_first: bool,
}

impl Positions {
    /// Those of a converted model.
    pub fn of(model: &Model) -> Self {
        let ids = model.network.topological().into_iter().map(|id| model.network.node(id));
        let readout = ids.into_iter().find(|node| matches!(node.op, Op::Readout));
        readout.map_or(Self { rows: 1, channels: 0, classes_first: false }, |node| Self {
            rows: node.shape.rows(),
            channels: node.shape.channels(),
            classes_first: model.views.contains_key(&node.name),
        })
    }

    /// Those of a quantised network: classes are the first extent behind a convolution.
    pub fn of_quantised(network: &qann::Network) -> Self {
        let ids = network.topological();
        let output = ids.iter().find(|&&id| matches!(network.node(id).op, qann::Op::Output));
        let Some(&output) = output else { return Self { rows: 1, channels: 0, classes_first: false } };
        let shape = &network.node(output).shape;
        let mut source = output;
        while let [before] = network.inputs(source)[..]
            && matches!(
                network.node(source).op,
                qann::Op::Output | qann::Op::Quantise(_) | qann::Op::Affine { .. }
            )
        {
            source = before;
        }
        let convolution = matches!(network.node(source).op, qann::Op::Convolution { .. });
        match shape.0[..] {
            [channels, .., _] if convolution => {
                Self { rows: shape.len() / channels.max(1), channels, classes_first: true }
            }
            _ => Self { rows: shape.rows(), channels: shape.channels(), classes_first: false },
        }
    }

    /// The class of each position: the index of its largest value, the lowest index if several are equal. The values are
    /// those of the readout, position by position.
    pub fn classes<T: Copy + PartialOrd>(&self, values: &[T]) -> Vec<usize> {
        values.chunks(self.channels.max(1)).map(compare::argmax).collect()
    }

    /// As [`Self::classes`], of logits in the order of the original model.
    pub fn classes_of_original(&self, logits: &[f64]) -> Vec<usize> {
        if !self.classes_first {
            return self.classes(logits);
        }
        let of = |row: usize| logits.iter().skip(row).step_by(self.rows.max(1)).copied();
        (0..self.rows).map(|row| compare::argmax(&of(row).collect::<Vec<_>>())).collect()
    }

    /// Share of the positions of all samples whose class is their label, 0…1. If a sample has several positions, labels below
    /// 0 mean that a position does not count.
    pub fn accuracy(&self, classes: &[usize], labels: &[i64]) -> f64 {
        if self.rows == 1 {
            return compare::accuracy(classes, labels);
        }
        let pairs = classes.iter().zip(labels).filter(|(_, label)| **label >= 0);
        let (classes, labels): (Vec<usize>, Vec<i64>) = pairs.map(|(&class, &label)| (class, label)).unzip();
        compare::accuracy(&classes, &labels)
    }
}

#[cfg(test)]
mod tests {
    use super::Positions;

    #[test]
    fn every_position_has_a_class() {
        let rows = Positions { rows: 2, channels: 3, classes_first: false };
        assert_eq!(rows.classes(&[1, 5, 5, 9, 0, 0]), [1, 0]);
        let first = Positions { classes_first: true, ..rows };
        // Class by class: 1 5 5 of the first position, 9 0 0 of the second.
        assert_eq!(first.classes_of_original(&[1.0, 9.0, 5.0, 0.0, 5.0, 0.0]), [1, 0]);
        assert_eq!(rows.accuracy(&[1, 0, 2, 2], &[1, -100, 0, 2]), 2.0 / 3.0);
        let one = Positions { rows: 1, channels: 3, classes_first: false };
        assert_eq!(one.accuracy(&[1, 0], &[1, -1]), 0.5);
    }
}
