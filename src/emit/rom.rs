//! Memory images in the layouts that `rtl/README.md` gives.

use super::word::Word;
use crate::design::{Matmul, Neurons, Readout};
use crate::integer::Rule;

/// The text of an image: one word a line from address 0.
fn image(words: impl IntoIterator<Item = Word>) -> String {
    words.into_iter().fold(String::new(), |mut text, word| {
        text.push_str(&word.hex());
        text.push('\n');
        text
    })
}

/// Weights: address `i·OutChunks + c`, lane by lane; lanes beyond the channels are 0.
pub(super) fn weights(matmul: &Matmul) -> String {
    let (chunks, lanes, linear) = (matmul.out_chunks(), matmul.out_lanes, &matmul.linear);
    let addresses = (0..linear.inputs).flat_map(|i| (0..chunks).map(move |c| (i, c)));
    image(addresses.map(|(i, c)| {
        let row = &linear.weights[i * linear.outputs..(i + 1) * linear.outputs];
        let mut word = Word::default();
        for o in c * lanes..(c + 1) * lanes {
            word.push(row.get(o).copied().unwrap_or(0).into(), matmul.weight_width);
        }
        word
    }))
}

/// `{theta, v0}` of every lane, one word a chunk; none for a table.
pub(super) fn neuron_constants(neurons: &Neurons) -> Option<String> {
    let Rule::Line { theta, start, .. } = &neurons.neuron.rule else { return None };
    Some(image((0..neurons.chunks()).map(|chunk| {
        let mut word = Word::default();
        for c in chunk * neurons.lanes..(chunk + 1) * neurons.lanes {
            word.push(start.get(c).copied().unwrap_or(0).into(), neurons.membrane_width());
            word.push(theta.get(c).copied().unwrap_or(1).into(), neurons.threshold_width());
        }
        word
    })))
}

/// Thresholds `T(c, k)`, one image a lane; none for a line.
pub(super) fn neuron_tables(neurons: &Neurons) -> Vec<String> {
    if let Rule::Line { .. } = neurons.neuron.rule {
        return Vec::new();
    }
    let steps = neurons.neuron.steps();
    let lane = |j: usize| {
        let channels = (0..neurons.chunks()).map(|chunk| chunk * neurons.lanes + j);
        let words = channels.flat_map(|c| (0..steps).map(move |k| (c, k)));
        image(words.map(|(c, k)| {
            // A padding lane stays at level 0: thresholds up to it are reached, those above are not.
            let padding = i64::from(i64::try_from(k).unwrap_or(i64::MAX) >= -i64::from(neurons.neuron.low));
            let threshold =
                if c < neurons.channels { neurons.neuron.thresholds[c * steps + k] } else { padding };
            let mut word = Word::default();
            word.push(threshold.into(), neurons.threshold_width());
            word
        }))
    };
    (0..neurons.lanes).map(lane).collect()
}

/// `{m, b}` of every channel, or `b` alone where the multiplier is a shift.
pub(super) fn readout_constants(stage: &Readout) -> String {
    let readout = &stage.readout;
    image(readout.multiplier.iter().zip(&readout.offset).map(|(&m, &b)| {
        let mut word = Word::default();
        word.push(b, stage.value_width());
        if stage.shift().is_none() {
            word.push(m.into(), stage.multiplier_width());
        }
        word
    }))
}
