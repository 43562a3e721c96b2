//! Stages as instances.

use super::instance::{Instance, beat, concatenation, fields};
use super::{comment, parameters, rom};
use crate::hardware::name::identifier;
use crate::streaming::design::{Design, Kind, Stage};

/// Names of the signals that end samples before quiescence.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    /// Limit of time-steps.
    pub t_max: &'static str,
    /// The sample that the readout has stopped.
    pub stop_sample: &'static str,
}

impl Ends {
    /// Lint accepts an unused signal that is marked as such; without neurons the signal is unused.
    pub fn new(design: &Design) -> Self {
        match design.stages.iter().any(Stage::is_neurons) {
            true => Self { t_max: "t_max", stop_sample: "stop_sample" },
            false => Self { t_max: "unused_t_max", stop_sample: "unused_stop_sample" },
        }
    }
}

/// A stage in the top level.
pub(super) struct StageView {
    /// The instance.
    pub instance: Instance,
    /// File names below `rom/` and their contents.
    pub images: Vec<(String, String)>,
}

/// Stage `index` of a design.
pub(super) fn view(design: &Design, index: usize, ends: Ends) -> StageView {
    let Ends { t_max, stop_sample } = ends;
    let stage = &design.stages[index];
    let safe = identifier(&format!("s{index}"), &stage.node);
    let instance = Instance::new(stage.module(), format!("u_{safe}"));
    let mut instance = parameters::set(instance, stage, design);
    let images: Vec<rom::Image> = rom::images(stage, &safe);
    for image in &images {
        if let Some(base) = &image.parameter_value {
            instance = instance.parameter(image.parameter, format!("{{RomPath, \"{base}\"}}"));
        }
    }
    if stage.is_neurons() {
        if design.output().margin_width == 0 {
            instance = instance.parameter("Stops", 0);
        }
        instance = instance
            .parameter("StageId", index)
            .port("t_max_i", t_max)
            .port("stop_i", "stop")
            .port("stop_sample_i", "stop_sample");
    }
    instance = connect(instance, stage, design, index);
    if let Kind::Readout(readout) = &stage.kind {
        for port in ["m_axis_tvalid_o", "m_axis_tready_i", "m_axis_tdata_o", "m_axis_tlast_o"] {
            instance = instance.port(port, port);
        }
        instance = instance
            .parameter("MarginWidth", readout.margin_width())
            .port("done_o", "sample_done")
            .port("margin_i", "margin")
            .port("patience_i", "patience")
            .port("stop_o", "stop")
            .port("stop_sample_o", stop_sample);
    }
    let mut instance = counters(instance, stage, design, index);
    instance.title = format!("stage {index}: {}", stage.module());
    instance.comment = comment::lines(stage);
    StageView { instance, images: images.into_iter().map(|image| (image.file, image.text)).collect() }
}

/// The streams.
fn connect(mut instance: Instance, stage: &Stage, design: &Design, index: usize) -> Instance {
    let stream = |n: usize| &design.streams[n];
    match (&stage.kind, &stage.inputs[..], &stage.outputs[..]) {
        (Kind::Fork, &[input], outputs) => return fork(instance, design, input, outputs),
        (Kind::Sum(_), inputs, _) => {
            // Input n is part n of each port.
            let all = |name: &str| concatenation(inputs.iter().rev().map(|i| format!("r{i}_{name}")));
            instance = instance.port("in_valid_i", all("valid")).port("in_ready_o", all("ready"));
            for name in ["delta", "skip", "last", "quiet"] {
                instance = instance.port(format!("in_{name}_i"), all(name));
            }
        }
        (Kind::Product(_), &[left, right], _) => {
            instance = instance.reads("left", left, stream(left)).reads("right", right, stream(right));
        }
        (Kind::Softmax(_), inputs, _) => {
            instance = match inputs.get(1) {
                Some(mask) => instance
                    .port("mask_valid_i", format!("r{mask}_valid"))
                    .port("mask_ready_o", format!("r{mask}_ready"))
                    .port("mask_i", format!("r{mask}_mask")),
                None => instance
                    .wire(1, &format!("unused_s{index}_mask"))
                    .port("mask_valid_i", "1'b0")
                    .port("mask_ready_o", format!("unused_s{index}_mask"))
                    .port("mask_i", "'0"),
            };
            instance = instance.reads("in", inputs[0], stream(inputs[0]));
        }
        (Kind::Scale(_) | Kind::Select(_), &[input], &[output]) => {
            return data(instance, design, input, output, matches!(stage.kind, Kind::Select(_)));
        }
        (_, inputs, _) => {
            for &input in inputs {
                instance = instance.reads("in", input, stream(input));
            }
        }
    }
    stage.outputs.iter().fold(instance, |i, &output| i.writes(output, stream(output)))
}

/// One stream to several readers.
fn fork(instance: Instance, design: &Design, input: usize, outputs: &[usize]) -> Instance {
    let parts = fields(&design.streams[input]);
    let all = |name: &str| concatenation(outputs.iter().rev().map(|o| format!("w{o}_{name}")));
    let mut instance = outputs.iter().fold(instance, |i, &o| i.drives(o, &design.streams[o]));
    instance = instance
        .port("in_valid_i", format!("r{input}_valid"))
        .port("in_ready_o", format!("r{input}_ready"))
        .port("in_data_i", beat('r', input, &parts))
        .port("out_valid_o", all("valid"))
        .port("out_ready_i", all("ready"))
        .port("out_data_o", beat('w', outputs[0], &parts));
    for other in &outputs[1..] {
        instance.assignments.push(format!(
            "{} =\n      {}",
            beat('w', *other, &parts),
            beat('w', outputs[0], &parts)
        ));
    }
    instance
}

/// Streams whose lanes are one vector.
fn data(instance: Instance, design: &Design, input: usize, output: usize, as_data: bool) -> Instance {
    let vector = |side: char, stream: usize| {
        let parts = fields(&design.streams[stream]);
        beat(side, stream, parts.iter().filter(|f| !f.is_flag).rev())
    };
    let mut instance = instance
        .port("in_valid_i", format!("r{input}_valid"))
        .port("in_ready_o", format!("r{input}_ready"))
        .port("in_data_i", vector('r', input));
    for name in ["skip", "last", "quiet"] {
        instance = instance.port(format!("in_{name}_i"), format!("r{input}_{name}"));
    }
    if !as_data {
        return instance.writes(output, &design.streams[output]);
    }
    instance = instance
        .drives(output, &design.streams[output])
        .port("out_valid_o", format!("w{output}_valid"))
        .port("out_ready_i", format!("w{output}_ready"))
        .port("out_data_o", vector('w', output));
    for name in ["skip", "last", "quiet"] {
        instance = instance.port(format!("out_{name}_o"), format!("w{output}_{name}"));
    }
    instance
}

/// Spikes and work, for the counters.
fn counters(mut instance: Instance, stage: &Stage, design: &Design, index: usize) -> Instance {
    let Some(register) = design.counted().position(|counted| counted == index) else { return instance };
    let sent = |stage: &Stage| stage.outputs.first().map(|s| format!("w{s}_valid && w{s}_ready"));
    let idle = || "1'b0".to_owned();
    let (spikes, work) = match &stage.kind {
        Kind::AnalogMatmul(_) | Kind::SpikeMatmul(_) | Kind::Product(_) => {
            let banks = stage.kind.matmul().map_or(1, |matmul| matmul.banks);
            let (width, work) = (bits(banks), format!("s{index}_work"));
            instance = instance.wire(width, &work).port("work_o", &work);
            (idle(), work)
        }
        Kind::Neurons(_) | Kind::LayerNorm(_) | Kind::Softmax(_) => {
            let lanes = stage.outputs.first().map_or(1, |&s| design.streams[s].lanes);
            let width = bits(lanes);
            let spikes = format!("s{index}_spikes");
            instance = instance.wire(width, &spikes).port("spikes_o", &spikes);
            (spikes, sent(stage).unwrap_or_default())
        }
        Kind::Readout(_) => {
            let input = stage.inputs.first().copied().unwrap_or(0);
            (idle(), format!("r{input}_valid && r{input}_ready"))
        }
        Kind::AnalogPass(_)
        | Kind::Repeat(_)
        | Kind::Fork
        | Kind::Scale(_)
        | Kind::Sum(_)
        | Kind::Select(_)
        | Kind::Reorder(_)
        | Kind::Embedding(_)
        | Kind::Mask(_) => (idle(), sent(stage).unwrap_or_default()),
    };
    for (counted, value) in [("stage_spikes", spikes), ("stage_work", work)] {
        instance
            .assignments
            .push(format!("{counted}[CountWidth*{register}+:CountWidth] = CountWidth'({value})"));
    }
    instance
}

/// Bits of a count up to `most`.
pub(super) fn bits(most: usize) -> usize {
    (usize::BITS - most.leading_zeros()) as usize
}
