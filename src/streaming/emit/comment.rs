//! Comments above instances.

use crate::hardware::name::in_comment;
use crate::integer::{Form, Rule};
use crate::streaming::design::{Kind, Stage};

/// Function of the stage and reasons for its widths.
pub(super) fn lines(stage: &Stage) -> Vec<String> {
    let mut lines = vec![format!("Node: {}", in_comment(&stage.node))];
    match &stage.kind {
        Kind::AnalogMatmul(m) | Kind::SpikeMatmul(m) => {
            lines.push(format!("weights {}", plain(&m.linear.weight)));
            lines.push(format!("change of a time-step {}", plain(&m.linear.delta)));
            lines.push(format!("partial sums {}", plain(&m.linear.partial)));
            if m.banks > 1 {
                lines.push(format!("up to {} events per cycle", m.banks));
            }
            if m.lut_words > 0 {
                let words = m.bank_words();
                lines
                    .push(format!("of {words} words of a bank of weights {} in look-up tables", m.lut_words));
            }
        }
        Kind::AnalogPass(_) => lines.push("raw values are the neurons' input".into()),
        Kind::Repeat(repeat) => lines.push(format!("rate encoding over {} time-steps", repeat.steps)),
        Kind::Neurons(n) => {
            lines.push(format!("levels {} to {}", n.neuron.low, n.neuron.high));
            lines.push(match &n.neuron.rule {
                Rule::Affine { .. } => {
                    format!("V {} with {} fraction bits", plain(&n.neuron.membrane), n.fraction())
                }
                Rule::Table => {
                    let each = match &n.neuron.non_monotone {
                        None => "thresholds".to_owned(),
                        Some(non_monotone) => format!("{} thresholds a level", non_monotone.crossings),
                    };
                    format!("A {} against a table of {each}", plain(&n.neuron.total))
                }
            });
        }
        Kind::Product(p) => {
            let form = if p.form == Form::Scores { "queries times keys" } else { "weights times values" };
            lines.push(format!("{form}, {} heads", p.groups.count));
            lines.push(format!("changes and partial sums of {} bits", p.delta_width));
        }
        Kind::LayerNorm(n) => {
            lines.push(format!("levels {} to {}", n.norm.low, n.norm.high));
            lines.push(format!("X {}", plain(&n.norm.total)));
            lines.push(format!("v of {} bits, decision of {}", n.norm.square_width, n.norm.decision_width));
        }
        Kind::Softmax(s) => {
            lines.push(format!("levels {} to {}", s.softmax.low, s.softmax.high));
            lines.push(format!("A {}", plain(&s.softmax.total)));
            lines.push(format!(
                "table of {}, sum of {} bits, decision of {}",
                s.softmax.table.len(),
                s.softmax.sum_width,
                s.softmax.decision_width
            ));
        }
        Kind::Fork => lines.push("several readers".into()),
        Kind::Scale(s) => lines.push(format!("{} to {} lanes", s.lanes[0], s.lanes[1])),
        Kind::Sum(s) => lines.push(format!("{} inputs, changes of {} bits", s.parts.len(), s.delta_width)),
        Kind::Select(s) => lines.push(format!("{} of {} rows, from row {}", s.count, s.rows, s.first)),
        Kind::Reorder(r) => lines.push(format!("{} values per sample", r.order.len())),
        Kind::Embedding(e) => lines.push(format!("entries {}", plain(&e.embedding.total))),
        Kind::Mask(m) => lines.push(format!("the value {} is padding", m.padding)),
        Kind::Readout(r) => {
            lines.push(format!("A {}", plain(&r.readout.total)));
            lines.push(match r.shift() {
                Some(shift) => format!("values of {} bits, A shifted by {shift}", r.value_width()),
                None => format!("values of {} bits, a multiplier per channel", r.value_width()),
            });
        }
    }
    lines
}

/// A range in ASCII.
fn plain(range: &crate::integer::Range) -> String {
    format!("{} to {}: {} bits", range.low, range.high, range.signed_width())
}
