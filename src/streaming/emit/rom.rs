//! Memory images in the layouts that `rtl/README.md` gives.

use std::borrow::Borrow;

use crate::hardware::Word;
use crate::integer::Rule;
use crate::streaming::design::{Kind, LayerNorm, Levels, Matmul, Neurons, Readout, Stage};

/// A memory image.
pub(super) struct Image {
    /// The parameter that names it.
    pub parameter: &'static str,
    /// Value of the parameter; `None` if it is the same as that of another image.
    pub parameter_value: Option<String>,
    /// File name below `rom/`.
    pub file: String,
    /// Contents.
    pub text: String,
}

/// The images that a stage reads; `safe` is its name.
pub(super) fn images(stage: &Stage, safe: &str) -> Vec<Image> {
    let named = |parameter, what: &str, text| {
        let file = format!("{safe}_{what}.hex");
        Image { parameter, parameter_value: Some(file.clone()), file, text }
    };
    match &stage.kind {
        Kind::AnalogMatmul(matmul) | Kind::SpikeMatmul(matmul) => {
            let blocks = matmul.bank_words() - matmul.lut_words;
            let part = |bank: usize, luts: bool, words: &[Word]| Image {
                parameter: "WeightFile",
                parameter_value: None,
                file: format!("{safe}_weights_{bank:02}{}.hex", if luts { "_lut" } else { "" }),
                text: image(words),
            };
            let bank = |bank| {
                let words = weights(matmul, bank);
                let (in_blocks, in_luts) = words.split_at(blocks);
                let parts = [(false, in_blocks), (true, in_luts)];
                let parts = parts.into_iter().filter(|(_, words)| !words.is_empty());
                parts.map(|(luts, words)| part(bank, luts, words)).collect::<Vec<_>>()
            };
            let mut all: Vec<Image> = (0..matmul.banks).flat_map(bank).collect();
            if let Some(first) = all.first_mut() {
                first.parameter_value = Some(format!("{safe}_weights"));
            }
            all
        }
        Kind::Neurons(neurons) => match neuron_constants(neurons) {
            Some(constants) => vec![named("ConstFile", "constants", constants)],
            None => {
                let lane = |(lane, text)| Image {
                    parameter: "TableFile",
                    parameter_value: (lane == 0).then(|| format!("{safe}_thresholds")),
                    file: format!("{safe}_thresholds_{lane:02}.hex"),
                    text,
                };
                neuron_tables(neurons).into_iter().enumerate().map(lane).collect()
            }
        },
        Kind::LayerNorm(norm) => vec![
            named("ConstFile", "constants", layer_norm_constants(norm)),
            named("EdgeFile", "edges", level_edges(&norm.levels())),
        ],
        Kind::Softmax(softmax) => {
            let table = softmax.softmax.table.iter();
            vec![
                named("TableFile", "exponentials", numbers(table.copied(), 1, softmax.exp_width())),
                named("EdgeFile", "edges", level_edges(&softmax.levels())),
            ]
        }
        Kind::Readout(readout) => vec![named("ConstFile", "constants", readout_constants(readout))],
        Kind::Scale(scale) if scale.is_per_channel() => {
            let text = rows(&scale.coefficient, scale.channels, scale.lanes[1], scale.coefficient_width());
            vec![named("CoefficientFile", "coefficients", text)]
        }
        Kind::Sum(sum) if !sum.start.is_empty() => {
            vec![named("StartFile", "start", rows(&sum.start, sum.channels, sum.lanes, sum.delta_width))]
        }
        Kind::Embedding(e) => {
            let text = rows(&e.embedding.table, e.embedding.channels, e.lanes, e.delta_width);
            vec![named("TableFile", "table", text)]
        }
        Kind::Reorder(reorder) => {
            // {beat, lane} of each value.
            let (lanes, [lane_bits, beat_bits]) = (reorder.lanes, reorder.order_widths());
            let words = reorder.order.iter().map(|&element| {
                let mut word = Word::default();
                word.push((element % lanes) as i128, lane_bits);
                word.push((element / lanes) as i128, beat_bits);
                word
            });
            vec![named("OrderFile", "order", image(words))]
        }
        Kind::AnalogPass(_)
        | Kind::Repeat(_)
        | Kind::Product(_)
        | Kind::Fork
        | Kind::Scale(_)
        | Kind::Sum(_)
        | Kind::Select(_)
        | Kind::Mask(_) => Vec::new(),
    }
}

/// Numbers, with this number per word.
fn numbers(values: impl IntoIterator<Item = i64>, lanes: usize, width: u32) -> String {
    let values: Vec<i64> = values.into_iter().collect();
    image(values.chunks(lanes).map(|lanes| {
        let mut word = Word::default();
        lanes.iter().for_each(|&value| word.push(value.into(), width));
        word
    }))
}

/// Rows of channels, chunk by chunk; lanes beyond the channels are 0.
fn rows(values: &[i64], channels: usize, lanes: usize, width: u32) -> String {
    let padding = channels.next_multiple_of(lanes) - channels;
    let padded = |row: &[i64]| row.iter().copied().chain(std::iter::repeat_n(0, padding)).collect::<Vec<_>>();
    numbers(values.chunks(channels).flat_map(padded), lanes, width)
}

/// `{B, Γ}` of every lane, one word per chunk.
fn layer_norm_constants(stage: &LayerNorm) -> String {
    image((0..stage.chunks()).map(|chunk| {
        let mut word = Word::default();
        for c in chunk * stage.lanes..(chunk + 1) * stage.lanes {
            word.push(stage.norm.gamma.get(c).copied().unwrap_or(0).into(), stage.gamma_width());
            word.push(stage.norm.beta.get(c).copied().unwrap_or(0).into(), stage.beta_width());
        }
        word
    }))
}

/// The boundaries around every level; see `rtl/level_edges.sv`.
fn level_edges(levels: &Levels) -> String {
    image((levels.low..=levels.high).map(|level| {
        let boundary = |k: i32| {
            let exists = k > levels.low && k <= levels.high;
            exists.then(|| levels.rounding.boundary(k))
        };
        let (down, up) = (boundary(level), boundary(level + 1));
        let base = down.or(up).map_or(0, |b| b.halves);
        let mut word = Word::default();
        for edge in [down, up] {
            word.push(edge.is_some_and(|b| b.inclusive).into(), 1);
            word.push(edge.is_some().into(), 1);
        }
        word.push(base.into(), levels.halves_width());
        word.push(up.map_or(0, |b| b.halves - base).into(), levels.gap_width());
        word
    }))
}

/// The text of an image: one word per line from address 0.
fn image(words: impl IntoIterator<Item = impl Borrow<Word>>) -> String {
    words.into_iter().fold(String::new(), |mut text, word| {
        text.push_str(&word.borrow().hex());
        text.push('\n');
        text
    })
}

/// Weights of a bank: address `(i / Banks)·OutChunks + c`, lane by lane; lanes and inputs beyond the channels are 0.
fn weights(matmul: &Matmul, bank: usize) -> Vec<Word> {
    let (chunks, lanes, linear) = (matmul.out_chunks(), matmul.out_lanes, &matmul.linear);
    let inputs = (0..matmul.bank_inputs()).map(|number| number * matmul.banks + bank);
    let addresses = inputs.flat_map(|i| (0..chunks).map(move |c| (i, c)));
    let word = |(i, c): (usize, usize)| {
        let row = if i < linear.inputs {
            &linear.weights[i * linear.outputs..(i + 1) * linear.outputs]
        } else {
            &[]
        };
        let mut word = Word::default();
        for o in c * lanes..(c + 1) * lanes {
            word.push(row.get(o).copied().unwrap_or(0).into(), matmul.weight_width);
        }
        word
    };
    addresses.map(word).collect()
}

/// `{theta, v0}` of every lane, one word per chunk; none for a table.
fn neuron_constants(neurons: &Neurons) -> Option<String> {
    let Rule::Affine { theta, start, .. } = &neurons.neuron.rule else { return None };
    let (membrane, threshold) = (neurons.membrane_width(), neurons.threshold_width());
    Some(image((0..neurons.chunks()).map(|chunk| {
        let mut word = Word::default();
        for c in chunk * neurons.lanes..(chunk + 1) * neurons.lanes {
            word.push(start.get(c).copied().unwrap_or(0).into(), membrane);
            word.push(theta.get(c).copied().unwrap_or(1).into(), threshold);
        }
        word
    })))
}

/// Thresholds `T(c, k)`, one image per lane and one word per level; none for the affine rule. With non_monotone, `{base
/// ≥ k, thresholds}`, the lowest threshold in the low bits.
fn neuron_tables(neurons: &Neurons) -> Vec<String> {
    if let Rule::Affine { .. } = neurons.neuron.rule {
        return Vec::new();
    }
    let neuron = &neurons.neuron;
    let crossings = neuron.crossings();
    // It looks at all thresholds.
    let width = neurons.threshold_width();
    let lane = |j: usize| {
        let channels = (0..neurons.chunks()).map(|chunk| chunk * neurons.lanes + j);
        let words =
            channels.flat_map(|c| (neuron.low + 1..=neuron.high).zip(0..).map(move |(k, n)| (c, k, n)));
        image(words.map(|(c, k, n): (usize, i32, usize)| {
            let padding = c >= neurons.channels;
            let mut word = Word::default();
            for i in 0..crossings {
                // A padding lane, whose A is 0, stays at level 0: levels up to it are reached, those above are not.
                let threshold = match padding {
                    true => i64::from(k > 0 || neuron.non_monotone.is_some()),
                    false => neuron.thresholds_of(c)[n * crossings + i],
                };
                word.push(threshold.into(), width);
            }
            if let Some(non_monotone) = &neuron.non_monotone {
                word.push((k <= if padding { 0 } else { non_monotone.base[c] }).into(), 1);
            }
            word
        }))
    };
    (0..neurons.lanes).map(lane).collect()
}

/// `{m, b}` of every channel, or `b` alone where the multiplier is a shift.
fn readout_constants(stage: &Readout) -> String {
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
