//! Stages as instances, with the memory images they read.

use super::instance::Instance;
use super::name::{identifier, in_comment};
use super::rom;
use crate::design::{AnalogPass, Design, Kind, Matmul, Neurons, Readout, Repeat, Stage};
use crate::integer::Rule;

/// A stage in the top level.
pub(super) struct StageView {
    /// The instance.
    pub instance: Instance,
    /// File names below `rom/` and their contents.
    pub images: Vec<(String, String)>,
}

/// Stage `index` of a design, which reads stream `index` and, except the last, writes stream `index + 1`.
pub(super) fn view(design: &Design, index: usize, t_max: &str) -> StageView {
    let stage = &design.stages[index];
    let safe = identifier(&format!("s{index}"), &stage.node);
    let instance = Instance::new(stage.module(), format!("u_{safe}"));
    let mut images = Vec::new();
    let instance = match &stage.kind {
        Kind::AnalogMatmul(matmul) | Kind::SpikeMatmul(matmul) => {
            images.push((format!("{safe}_weights.hex"), rom::weights(matmul)));
            let file = format!("{{RomPath, \"{}\"}}", images[0].0);
            io(matmul_parameters(instance, stage, matmul).parameter("WeightFile", file), design, index)
        }
        Kind::AnalogPass(pass) => io(pass_parameters(instance, pass), design, index),
        Kind::Repeat(repeat) => io(repeat_parameters(instance, repeat), design, index),
        Kind::Neurons(neurons) => {
            let instance = neuron_parameters(instance, neurons);
            let instance = neuron_images(instance, neurons, &safe, &mut images);
            io(instance.parameter("StageId", index).port("t_max_i", t_max), design, index)
        }
        Kind::Readout(readout) => {
            images.push((format!("{safe}_constants.hex"), rom::readout_constants(readout)));
            let file = format!("{{RomPath, \"{}\"}}", images[0].0);
            let instance = readout_parameters(instance, readout).parameter("ConstFile", file);
            io(instance, design, index)
                .port("m_axis_tvalid_o", "m_axis_tvalid_o")
                .port("m_axis_tready_i", "m_axis_tready_i")
                .port("m_axis_tdata_o", "m_axis_tdata_o")
                .port("m_axis_tlast_o", "m_axis_tlast_o")
                .port("done_o", "sample_done")
        }
    };
    let mut instance = counters(instance, stage, index);
    instance.title = format!("stage {index}: {}", stage.module());
    instance.comment = comment(stage);
    StageView { instance, images }
}

/// The streams.
fn io(instance: Instance, design: &Design, index: usize) -> Instance {
    let instance = instance.reads(index, &design.streams[index]);
    match design.streams.get(index + 1) {
        Some(stream) => instance.writes(index + 1, stream),
        None => instance,
    }
}

/// Spikes and work, for the counters.
fn counters(mut instance: Instance, stage: &Stage, index: usize) -> Instance {
    let (spikes, work) = match &stage.kind {
        Kind::AnalogMatmul(_) | Kind::SpikeMatmul(_) => {
            instance = instance.wire(1, &format!("s{index}_work")).port("work_o", format!("s{index}_work"));
            ("16'd0".to_owned(), format!("s{index}_work"))
        }
        Kind::Neurons(neurons) => {
            let width = (usize::BITS - neurons.lanes.leading_zeros()) as usize;
            let spikes = format!("s{index}_spikes");
            instance = instance.wire(width, &spikes).port("spikes_o", &spikes);
            (format!("16'({spikes})"), format!("w{0}_valid && w{0}_ready", index + 1))
        }
        Kind::AnalogPass(_) | Kind::Repeat(_) => {
            ("16'd0".to_owned(), format!("w{0}_valid && w{0}_ready", index + 1))
        }
        Kind::Readout(_) => ("16'd0".to_owned(), format!("r{index}_valid && r{index}_ready")),
    };
    instance.assignments =
        vec![format!("stage_spikes[16*{index}+:16] = {spikes}"), format!("stage_work[{index}] = {work}")];
    instance
}

/// What the stage does, and why its widths are what they are.
fn comment(stage: &Stage) -> Vec<String> {
    let mut lines = vec![format!("Node: {}", in_comment(&stage.node))];
    match &stage.kind {
        Kind::AnalogMatmul(m) | Kind::SpikeMatmul(m) => {
            lines.push(format!("weights {}", plain(&m.linear.weight)));
            lines.push(format!("change of a time-step {}", plain(&m.linear.delta)));
            lines.push(format!("partial sums {}", plain(&m.linear.partial)));
        }
        Kind::AnalogPass(_) => lines.push("raw values are the neurons' input".into()),
        Kind::Repeat(repeat) => lines.push(format!("rate encoding over {} time-steps", repeat.steps)),
        Kind::Neurons(n) => {
            lines.push(format!("levels {} to {}", n.neuron.low, n.neuron.high));
            lines.push(match &n.neuron.rule {
                Rule::Line { .. } => {
                    format!("V {} with {} fraction bits", plain(&n.neuron.membrane), n.fraction())
                }
                Rule::Table => format!("A {} against a table of thresholds", plain(&n.neuron.total)),
            });
        }
        Kind::Readout(r) => {
            lines.push(format!("A {}", plain(&r.readout.total)));
            lines.push(match r.shift() {
                Some(shift) => format!("values of {} bits, A shifted by {shift}", r.value_width()),
                None => format!("values of {} bits, a multiplier a channel", r.value_width()),
            });
        }
    }
    lines
}

/// A range in ASCII.
fn plain(range: &crate::integer::Range) -> String {
    format!("{} to {}: {} bits", range.low, range.high, range.signed_width())
}

fn matmul_parameters(instance: Instance, stage: &Stage, matmul: &Matmul) -> Instance {
    let mut instance = instance
        .parameter("Rows", matmul.rows)
        .parameter("InChannels", matmul.linear.inputs)
        .parameter("OutChannels", matmul.linear.outputs)
        .parameter("InLanes", matmul.in_lanes)
        .parameter("OutLanes", matmul.out_lanes);
    if let Kind::AnalogMatmul(_) = stage.kind {
        instance = instance.parameter("ValueWidth", matmul.value_width);
    }
    instance.parameter("WeightWidth", matmul.weight_width).parameter("DeltaWidth", matmul.delta_width)
}

fn pass_parameters(instance: Instance, pass: &AnalogPass) -> Instance {
    instance
        .parameter("Rows", pass.rows)
        .parameter("Channels", pass.channels)
        .parameter("Lanes", pass.lanes)
        .parameter("ValueWidth", pass.width)
}

fn repeat_parameters(instance: Instance, repeat: &Repeat) -> Instance {
    instance
        .parameter("Rows", repeat.rows)
        .parameter("Channels", repeat.channels)
        .parameter("Lanes", repeat.lanes)
        .parameter("DeltaWidth", repeat.width)
        .parameter("Steps", repeat.steps)
}

fn neuron_parameters(instance: Instance, neurons: &Neurons) -> Instance {
    let table = matches!(neurons.neuron.rule, Rule::Table);
    let width = if table { "TableWidth" } else { "ThetaWidth" };
    instance
        .parameter("Rows", neurons.rows)
        .parameter("Channels", neurons.channels)
        .parameter("Lanes", neurons.lanes)
        .parameter("DeltaWidth", neurons.delta_width)
        .parameter("MembraneWidth", neurons.membrane_width())
        .parameter("LevelWidth", neurons.level_width())
        .parameter("LevelMin", neurons.neuron.low)
        .parameter("LevelMax", neurons.neuron.high)
        .parameter("Fraction", neurons.fraction())
        .parameter("UseTable", u8::from(table))
        .parameter(width, neurons.threshold_width())
        .parameter("SkipRows", u8::from(neurons.skip_rows))
}

fn neuron_images(
    instance: Instance,
    neurons: &Neurons,
    safe: &str,
    images: &mut Vec<(String, String)>,
) -> Instance {
    if let Some(constants) = rom::neuron_constants(neurons) {
        let file = format!("{safe}_constants.hex");
        let value = format!("{{RomPath, \"{file}\"}}");
        images.push((file, constants));
        return instance.parameter("ConstFile", value);
    }
    for (lane, table) in rom::neuron_tables(neurons).into_iter().enumerate() {
        images.push((format!("{safe}_thresholds_{lane:02}.hex"), table));
    }
    instance.parameter("TableFile", format!("{{RomPath, \"{safe}_thresholds\"}}"))
}

fn readout_parameters(instance: Instance, stage: &Readout) -> Instance {
    let instance = instance
        .parameter("Channels", stage.readout.channels)
        .parameter("Lanes", stage.lanes)
        .parameter("DeltaWidth", stage.delta_width)
        .parameter("AccWidth", stage.acc_width());
    let instance = match stage.shift() {
        None => instance.parameter("MultiplierWidth", stage.multiplier_width()),
        Some(_) => instance,
    };
    let instance = instance
        .parameter("ValueWidth", stage.value_width())
        .parameter("UseMultiplier", u8::from(stage.shift().is_none()));
    match stage.shift() {
        Some(shift) => instance.parameter("Shift", shift),
        None => instance,
    }
}
