//! The top level.

use askama::Template;

use super::instance::Instance;
use super::link;
use super::stage::{self, Ends, StageView};
use crate::error::{Error, Result};
use crate::hardware::Core;
use crate::hardware::name::in_comment;
use crate::registers::Core as Registers;
use crate::streaming::design::Design;

/// Values of the template.
#[derive(Template)]
#[template(path = "top.sv", config = "templates/askama.toml")]
struct Top<'a> {
    generator: &'a str,
    model: String,
    top: &'a str,
    pipeline: Vec<String>,
    stages: usize,
    count_width: usize,
    input_beats: usize,
    input_lanes: usize,
    element_bits: u32,
    addr_width: u32,
    frame_words: usize,
    t_max: &'a str,
    stop_sample: &'a str,
    margin_width: u32,
    instances: Vec<Instance>,
}

/// The text of the top level and the memory images it reads.
///
/// # Errors
/// When the template cannot be filled in.
pub(crate) fn core(design: &Design, top: &str, generator: &str) -> Result<Core> {
    let ends = Ends::new(design);
    let stages: Vec<StageView> = (0..design.stages.len()).map(|i| stage::view(design, i, ends)).collect();
    let mut instances = vec![registers(design, ends), input(design), link::instance(0, &design.streams[0])];
    let mut images = Vec::new();
    for (view, stage) in stages.into_iter().zip(&design.stages) {
        instances.push(view.instance);
        images.extend(view.images);
        instances.extend(stage.outputs.iter().map(|&stream| link::instance(stream, &design.streams[stream])));
    }
    let element_bits = design.input.element.bits();
    let output = design.output();
    let view = Top {
        generator,
        model: in_comment(&design.model),
        top,
        pipeline: pipeline(design),
        stages: design.counted().count(),
        count_width: super::stage::bits(design.most_in_a_cycle()),
        input_beats: design.input.beats(),
        input_lanes: design.input.beat_lanes,
        element_bits,
        addr_width: Registers::address_bits(design.counted().count(), false),
        frame_words: output.frame_words(),
        t_max: ends.t_max,
        stop_sample: ends.stop_sample,
        margin_width: output.margin_width.max(1),
        instances,
    };
    let text = view.render().map_err(|e| Error::input(format!("cannot fill in a template: {e}")))?;
    Ok(Core { text, images })
}

/// The order of the stages, one per line.
fn pipeline(design: &Design) -> Vec<String> {
    let line = |(i, s): (usize, &crate::streaming::design::Stage)| {
        format!("  stage {i}: {:13} {}", s.module(), in_comment(&s.node)).trim_end().to_owned()
    };
    design.stages.iter().enumerate().map(line).collect()
}

fn registers(design: &Design, ends: Ends) -> Instance {
    let mut instance = Instance::new("axi_lite_regs", "u_regs".into())
        .parameter("Stages", "Stages")
        .parameter("AddrWidth", "AddrWidth")
        .parameter("MarginWidth", design.output().margin_width)
        .parameter("CountWidth", "CountWidth");
    for port in [
        "s_axi_awvalid_i",
        "s_axi_awready_o",
        "s_axi_awaddr_i",
        "s_axi_wvalid_i",
        "s_axi_wready_o",
        "s_axi_wdata_i",
        "s_axi_wstrb_i",
        "s_axi_bvalid_o",
        "s_axi_bready_i",
        "s_axi_bresp_o",
        "s_axi_arvalid_i",
        "s_axi_arready_o",
        "s_axi_araddr_i",
        "s_axi_rvalid_o",
        "s_axi_rready_i",
        "s_axi_rdata_o",
        "s_axi_rresp_o",
    ] {
        instance = instance.port(port, port);
    }
    for (port, value) in [
        ("begin_i", "sample_begin"),
        ("done_i", "sample_done"),
        ("short_frame_i", "short_frame"),
        ("long_frame_i", "long_frame"),
        ("in_valid_i", "s_axis_tvalid_i"),
        ("in_ready_i", "s_axis_tready_o"),
        ("out_valid_i", "m_axis_tvalid_o"),
        ("out_ready_i", "m_axis_tready_i"),
        ("spikes_i", "stage_spikes"),
        ("work_i", "stage_work"),
        ("t_max_o", ends.t_max),
        ("margin_o", "margin"),
        ("patience_o", "patience"),
        ("draining_i", "stop"),
        ("enable_o", "enable"),
        ("busy_o", "busy_o"),
    ] {
        instance = instance.port(port, value);
    }
    instance.title = "control, status and counters".into();
    instance
}

fn input(design: &Design) -> Instance {
    let input = &design.input;
    let mut instance = Instance::new("axis_input", "u_input".into())
        .parameter("BeatLanes", "InLanes")
        .parameter("Lanes", "InLanes")
        .parameter("ElementWidth", "ElementWidth")
        .parameter("Signed", u8::from(input.element.is_signed()))
        .parameter("ZeroPoint", input.zero_point)
        .parameter("ValueWidth", input.value_width)
        .parameter("Count", input.count)
        .parameter("RowChannels", input.row)
        .port("enable_i", "enable")
        .port("s_axis_tvalid_i", "s_axis_tvalid_i")
        .port("s_axis_tready_o", "s_axis_tready_o")
        .port("s_axis_tdata_i", "s_axis_tdata_i")
        .port("s_axis_tlast_i", "s_axis_tlast_i")
        .writes(0, &design.streams[0])
        .port("begin_o", "sample_begin")
        .port("short_frame_o", "short_frame")
        .port("long_frame_o", "long_frame");
    instance.title = "input".into();
    instance.comment = vec![format!("{} elements per sample", input.count)];
    instance
}
