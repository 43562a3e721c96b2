//! The top level around `overlay_core`, and its memory images.

use askama::Template;

use super::design::Design;
use super::image::{MemoryKind, most_parts, values};
use super::isa::{Fetch, Fire, Vector};
use super::machine::bits;
use super::options::Loadable;
use crate::error::{Error, Result};
use crate::golden::SpikeCode;
use crate::hardware::name::in_comment;
use crate::hardware::{Core, MemoryPort};
use crate::registers::Core as Registers;

/// Values of the template.
#[derive(Template)]
#[template(path = "overlay_top.sv", config = "templates/askama.toml")]
struct Top<'a> {
    generator: &'a str,
    model: String,
    top: &'a str,
    program: Vec<String>,
    input_beats: usize,
    input_lanes: usize,
    element_bits: u32,
    signed: u8,
    zero_point: i32,
    value_width: u32,
    addr_width: u32,
    frame_words: usize,
    count_width: u32,
    parameters: Vec<(&'static str, String)>,
    load_width: u32,
    loader: Option<Loader>,
    memory: Option<MemoryPort>,
    /// The signals of a port to it.
    signals: [&'static str; 17],
    /// Rows of tables come from memory.
    rows: bool,
}

/// What loads networks.
struct Loader {
    machine: String,
    memory_bits: u32,
    /// Words of each memory, and parts of a word, the highest number first.
    depths: Vec<String>,
    parts: Vec<String>,
    most_parts: u32,
    count_bits: u32,
    most_count: usize,
    zero_point_width: u32,
}

impl Loader {
    fn of(loadable: &Loadable) -> Self {
        let m = &loadable.machine;
        let all = || MemoryKind::ALL.iter().rev();
        Self {
            machine: format!("32'h{:08x}", loadable.identifier()),
            memory_bits: usize::BITS - (MemoryKind::ALL.len() - 1).leading_zeros(),
            depths: lines(all().map(|kind| format!("32'd{}", kind.size(m).0)).collect()),
            parts: lines(all().map(|kind| format!("16'd{}", kind.parts(m))).collect()),
            most_parts: most_parts(m),
            count_bits: bits(m.input.count.saturating_sub(1)).max(1),
            most_count: m.input.count,
            zero_point_width: m.input.value_width,
        }
    }
}

/// The text of the top level and the memory images it reads.
///
/// # Errors
/// When the template cannot be filled in.
pub(crate) fn core(design: &Design, top: &str, generator: &str) -> Result<Core> {
    let plan = &design.plan;
    let [engine, vector] = &plan.notes;
    let line = |(n, unit, node): (usize, &str, &String)| format!("  {unit} {n}: {}", in_comment(node));
    let lines = |unit: &'static str, nodes: &[String]| {
        nodes.iter().enumerate().map(|(n, node)| line((n, unit, node))).collect::<Vec<_>>()
    };
    let program = [lines("matrix product", engine), lines("vector", vector)].concat();
    let view = Top {
        generator,
        model: in_comment(&design.model),
        top,
        program,
        input_beats: design.input.beats(),
        input_lanes: design.input.beat_lanes,
        element_bits: design.input.element_bits,
        signed: u8::from(design.input.element.is_signed()),
        zero_point: design.input.zero_point,
        value_width: plan.machine.input.value_width,
        addr_width: Registers::address_bits(1, design.loadable.is_some()),
        frame_words: design.output.frame_words(),
        count_width: count_width(design),
        parameters: parameters(design),
        load_width: 32 * most_parts(&plan.machine),
        loader: design.loadable.as_deref().map(Loader::of),
        signals: MemoryPort::SIGNALS,
        memory: (plan.machine.bus_width > 0).then(|| plan.machine.memory_port()),
        rows: plan.machine.gather_width() > 0,
    };
    let text = view.render().map_err(|e| Error::input(format!("cannot fill in a template: {e}")))?;
    // What is loaded has no image in the hardware.
    let images = if design.loadable.is_some() { Vec::new() } else { plan.images.clone() };
    Ok(Core { text, images })
}

/// Bits of the spikes, and of the events, of a cycle: as `overlay_core` derives it.
fn count_width(design: &Design) -> u32 {
    let machine = &design.plan.machine;
    let most = machine.spikes.max(machine.group()) + 4 * machine.row_lanes + 1;
    usize::BITS - (most - 1).leading_zeros()
}

/// Lines of a concatenation.
fn lines(words: Vec<String>) -> Vec<String> {
    let count = words.len().div_ceil(6);
    let line = |(n, line): (usize, &[String])| line.join(", ") + if n + 1 < count { "," } else { "" };
    words.chunks(6).enumerate().map(line).collect()
}

/// Words of 32 bits, the last one first.
fn concatenation(words: &[u32]) -> String {
    let words = words.iter().rev().map(|value| format!("32'h{value:08x}")).collect();
    format!("{{\n      {}\n    }}", lines(words).join("\n      "))
}

/// The numbers of the network.
fn scalars(design: &Design) -> String {
    concatenation(&values(&design.plan, design.input.element.is_signed()))
}

/// The bits in which the instructions of a list differ, and what they are where they do not: of a list that is loaded, or
/// has none, all differ.
fn common(instructions: impl Iterator<Item = Vec<u32>>, loaded: bool) -> (String, String) {
    let mut all = instructions;
    let first = match all.next() {
        Some(first) if !loaded => first,
        _ => return ("'1".to_owned(), "'0".to_owned()),
    };
    let mut varies = vec![0; first.len()];
    for words in all {
        for ((varies, word), first) in varies.iter_mut().zip(words).zip(&first) {
            *varies |= word ^ first;
        }
    }
    let common: Vec<u32> = first.iter().zip(&varies).map(|(first, varies)| first & !varies).collect();
    (concatenation(&varies), concatenation(&common))
}

/// The parameters of `overlay_core`.
fn parameters(design: &Design) -> Vec<(&'static str, String)> {
    let plan = &design.plan;
    let m = &plan.machine;
    let bit = |b: bool| format!("1'b{}", u8::from(b));
    let number = |n: usize| n.to_string();
    let width = |n: u32| n.to_string();
    // An image that is absent is all zeros.
    let file = |name: &str| match plan.image(name) {
        Some(_) if design.loadable.is_none() => format!("{{RomPath, \"{name}\"}}"),
        _ => "\"\"".to_owned(),
    };
    // With several row lanes, the entries of a beat are a word.
    let serial = |names: [&str; 2]| file(names[usize::from(m.row_lanes > 1)]);
    let spikes = m.input.rows > 0;
    let loaded = design.loadable.is_some();
    let fetch = common(plan.fetch.iter().map(Fetch::encode), loaded);
    let fire = common(plan.fire.iter().map(Fire::encode), loaded);
    let vector = common(plan.vector.iter().map(Vector::encode), loaded);
    let input = |n: usize| if spikes { n } else { 1 }.to_string();
    vec![
        ("Loadable", bit(design.loadable.is_some())),
        ("LoadWidth", width(32 * most_parts(m))),
        ("Scalars", if design.loadable.is_some() { "'0".to_owned() } else { scalars(design) }),
        ("Lanes", number(m.lanes)),
        ("Spikes", number(m.spikes)),
        ("FireLanes", number(m.fire_lanes)),
        ("FetchWidth", number(m.fetch_width)),
        ("RowLanes", number(m.row_lanes)),
        ("InputWidth", width(m.input.value_width)),
        ("InputCount", number(m.input.count)),
        ("InputSpikes", u8::from(spikes).to_string()),
        ("InputRaw", u8::from(m.input.raw).to_string()),
        ("InputRows", input(m.input.rows)),
        ("InputChannels", input(m.input.channels)),
        ("InputSteps", input(m.input.steps)),
        ("InputSigned", bit(loaded || design.input.element.is_signed() || design.input.zero_point > 0)),
        ("InputOrder", u8::from(m.input.ordered).to_string()),
        ("OrderFile", file("order.hex")),
        ("InputDirect", bit(m.input.direct)),
        ("InputOpen", number(m.input.open.max(1))),
        ("FetchCount", number(m.fetch_count)),
        ("FireCount", number(m.fire_count)),
        ("FetchFile", file("fetch.hex")),
        ("FireFile", file("fire.hex")),
        ("FetchVaries", fetch.0),
        ("FetchCommon", fetch.1),
        ("FireVaries", fire.0),
        ("FireCommon", fire.1),
        ("VectorVaries", vector.0),
        ("VectorCommon", vector.1),
        ("SpikeDepth", number(m.spike_depth)),
        ("SignDepth", number(m.sign_depth)),
        ("WeightWidth", width(m.weight_width)),
        ("WeightDepth", number(m.weight_depth)),
        ("WeightFile", file("weights_0.hex")),
        ("WeightFile1", file("weights_1.hex")),
        ("WeightFile2", file("weights_2.hex")),
        ("StreamWidth", number(m.bus_width)),
        ("WindowDepth", number(m.window_depth)),
        ("WindowFile", file("windows.hex")),
        ("PoolWidth", width(m.pool_width)),
        ("OperandWidth", width(m.operand_width)),
        ("OperandDepth", number(m.operand_depth)),
        ("OperandLanes", number(m.operand_lanes())),
        ("HasGates", bit(m.gates)),
        ("OperandElements", number(m.operand_elements.max(1))),
        ("AccWidth", width(m.acc_width)),
        ("Fraction", width(m.fraction)),
        ("MembraneWidth", width(m.membrane_width)),
        ("ThetaWidth", width(m.theta_width)),
        ("StartWidth", width(m.start_width)),
        ("LevelBits", width(m.level_bits)),
        ("MaxSteps", number(if plan.code == SpikeCode::Unary { 1 } else { m.max_steps })),
        ("Unary", bit(plan.code == SpikeCode::Unary)),
        ("ThresholdDepth", number(m.threshold_depth.max(1))),
        ("ThresholdFile", file("thresholds.hex")),
        ("SharedTheta", bit(m.shared_theta)),
        ("Negative", bit(m.negative)),
        ("Ragged", bit(m.ragged)),
        ("PieceWidth", width(m.piece_width)),
        ("PieceDepth", number(m.piece_depth)),
        (
            "PieceFile",
            if m.piece_depth > 0 && design.loadable.is_none() {
                "{RomPath, \"pieces\"}".to_owned()
            } else {
                "\"\"".to_owned()
            },
        ),
        ("LifDepth", number(m.lif_depth)),
        ("LifWidth", width(m.lif_width.max(2))),
        ("CurrentWidth", width(m.current_width)),
        ("LeakShift", width(m.leak_shift)),
        ("ProgressBits", width(bits(m.progress).max(1))),
        ("MaxRows", number(m.max_rows)),
        ("MaxFetchSteps", number(m.max_fetch_steps)),
        ("MaxSegments", number(m.max_segments)),
        ("MaxOuter", number(m.max_outer)),
        ("MaxInner", number(m.max_inner)),
        ("MaxGroups", number(m.max_groups)),
        ("MaxChunks", number(m.max_chunks)),
        ("SumWidth", width(m.sum_width)),
        ("SumDepth", number(m.sum_depth)),
        ("Accumulates", bit(m.accumulates)),
        ("CoefficientWidth", width(m.coefficient_width)),
        ("CoefficientDepth", number(m.coefficient_depth)),
        ("CoefficientFile", file("coefficients.hex")),
        ("SerialCoefficientFile", serial(["coefficients.hex", "coefficient_beats.hex"])),
        ("StartDepth", number(m.start_depth)),
        ("StartFile", file("starts.hex")),
        ("SerialStartFile", serial(["starts.hex", "start_beats.hex"])),
        ("StartStream", number(if m.streamed_starts > 0 { m.start_entry() } else { 0 })),
        ("VectorCount", number(m.vector_count)),
        ("VectorFile", file("vector.hex")),
        ("HasAdd", bit(m.adds)),
        ("HasEmbed", bit(m.embeds)),
        ("HasMask", bit(m.masks)),
        ("HasBand", bit(m.bands)),
        ("HasLayerNorm", bit(m.norms)),
        ("HasUncentred", bit(m.uncentred)),
        ("HasNeurons", bit(m.sum_neurons)),
        ("HasSend", bit(m.sends)),
        ("HasElements", bit(m.elements)),
        ("TableWidth", width(m.table_width)),
        ("TableDepth", number(m.table_depth)),
        ("TableFile", file("table.hex")),
        ("GatherWidth", number(m.gather_width())),
        ("RowBeatWidth", number(if m.gather_width() > 0 { m.memory_port().width } else { 1 })),
        ("MaxChannels", number(m.max_channels.max(4).max(m.row_lanes))),
        ("ConstantWidth", width(m.gamma_width.max(m.beta_width))),
        ("ConstantDepth", number(m.constant_depth)),
        ("ConstantFile", file("constants.hex")),
        ("NormFraction", width(m.norm_fraction.max(1))),
        ("SquareWidth", width(m.square_width.max(2 * m.root_fraction + 2))),
        ("RootFraction", width(m.root_fraction)),
        ("NormValueWidth", width(m.row_value_width)),
        ("NeuronFraction", width(m.neuron_fraction)),
        ("NeuronThetaWidth", width(m.neuron_theta_width)),
        ("MaxGroup", number(m.max_group)),
        ("ExpWidth", width(m.exp_width)),
        ("ExpDepth", number(m.exp_depth)),
        ("ExpFile", file("exponentials.hex")),
        ("ExpSumWidth", width(m.exp_sum_width)),
        ("ScaleWidth", width(m.scale_width)),
        ("ScaleFraction", width(m.scale_fraction)),
        ("RowLevelBits", width(m.row_level_bits)),
        ("RowStepBits", width(m.row_level_bits.max(u32::BITS - (m.row_max_steps as u32).leading_zeros()))),
        ("Classes", number(m.readout.classes)),
        ("RowClasses", number(m.readout.channels)),
        ("MultiplierWidth", width(m.readout.multiplier_width)),
        ("ResultWidth", width(m.readout.value_width)),
        ("UseMultiplier", u8::from(m.readout.shift.is_none()).to_string()),
        ("ResultShift", width(m.readout.shift.unwrap_or(0))),
        ("ResultFile", file("readout.hex")),
    ]
}
