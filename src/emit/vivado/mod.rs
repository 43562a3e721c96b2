//! Files for Vivado and PYNQ: scripts, the top level of the packaged IP, a driver.
//!
//! | file | contents |
//! |---|---|
//! | `tcl.rs` | names of the model as Tcl words |
//! | `pcie.rs` | the block design of a card in a PCI Express slot |
//! | `registers.rs` | the registers for the address map of an IP |

mod pcie;
mod registers;
mod tcl;

use askama::Template;

use super::Files;
use super::board;
use super::manifest::Manifest;
use crate::architecture::Design;
use crate::error::{Error, Result};
use crate::hardware::MemoryPort;
use crate::hardware::name::{bits, in_comment};
use crate::target::{Board, Family, Target};
pub(super) use pcie::entry as pcie_entry;
use registers::Register;

/// Vendor, library and version of the IP.
const VENDOR: &str = "snn2rtl.org";
const LIBRARY: &str = "snn";
const VERSION: &str = "1.0";
/// The part where neither board nor device is given; the user may name another.
const USUAL_PART: &str = "xc7a100tcsg324-1";
/// Minimum size of an address block on the bus, in bytes.
const LEAST_RANGE: u32 = 4096;
/// Ports of a processor for weights: S_AXI_HP1_FPD to S_AXI_HP3_FPD.
const PROCESSOR_PORTS: usize = 3;
/// Minimum width of the memory side of a DMA, in bits.
const LEAST_MEMORY: usize = 32;

/// The driver for PYNQ, and what it takes in place of PYNQ on a card.
const DRIVER: &str = include_str!("../../../software/driver.py");
const XDMA: &str = include_str!("../../../software/xdma.py");

/// Values of both scripts for synthesis.
struct Flow<'a> {
    generator: &'a str,
    part: &'a str,
    part_argument: bool,
    list: &'static str,
    top: &'a str,
    constraints: Vec<String>,
    out_of_context: bool,
    bitstream: bool,
    bitstream_file: String,
    /// Whether there are memory images.
    images: bool,
}

/// Synthesis, placement and routing without a project.
#[derive(Template)]
#[template(path = "vivado.tcl", config = "templates/askama.toml")]
struct Script<'a> {
    flow: &'a Flow<'a>,
}

/// The same with a project.
#[derive(Template)]
#[template(path = "vivado_project.tcl", config = "templates/askama.toml")]
struct Project<'a> {
    flow: &'a Flow<'a>,
}

/// The procedure that writes figures, for both and for projects of the user.
#[derive(Template)]
#[template(path = "vivado_figures.tcl", config = "templates/askama.toml")]
struct Figures<'a> {
    generator: &'a str,
}

/// The top level of the IP.
#[derive(Template)]
#[template(path = "vivado_ip.v", config = "templates/askama.toml")]
struct Wrapper<'a> {
    generator: &'a str,
    top: &'a str,
    lanes: usize,
    element_bits: u32,
    tdata_width: usize,
    bus: String,
    bus_high: usize,
    padding: bool,
    addr: String,
    memory: Option<Memory>,
}

/// The port to memory.
#[derive(Clone)]
struct Memory {
    /// Of the ports.
    names: Vec<String>,
    addr: String,
    data: String,
    addr_width: usize,
    /// Bytes that addresses reach, as the packager writes them.
    range: String,
    burst: usize,
    outstanding: usize,
    /// Bytes between the memories of two ports; 0 if all have the same memory.
    stride: u64,
}

impl Memory {
    /// Where the memory of a port begins, if not at 0.
    fn base(&self, port: &usize) -> Option<u64> {
        Some(self.stride * *port as u64).filter(|&base| base > 0)
    }

    fn of(port: &MemoryPort, stride: u64) -> Self {
        Self {
            stride,
            names: port.names(),
            addr: bits(port.addr_width),
            data: bits(port.width),
            addr_width: port.addr_width,
            range: format!("{:#x}", 1u128 << port.addr_width),
            burst: port.burst,
            outstanding: port.outstanding,
        }
    }
}

/// The ports to memory, and those of the processor that they lead to: the first one is that of samples.
///
/// # Errors
/// When the processor has fewer.
fn processor_ports(design: &Design, board: &Board) -> Result<Vec<(String, usize)>> {
    let names = design.memory_port().map_or_else(Vec::new, |port| port.names());
    if names.len() > PROCESSOR_PORTS {
        let problem = format!("{} ports to memory: {} has {PROCESSOR_PORTS}", names.len(), board.title);
        return Err(Error::input(problem).fix("choose fewer: --memory-ports"));
    }
    Ok(names.into_iter().zip(1..).collect())
}

/// Packaging.
#[derive(Template)]
#[template(path = "vivado_ip.tcl", config = "templates/askama.toml")]
struct Package<'a> {
    generator: &'a str,
    vendor: &'static str,
    library: &'static str,
    version: &'static str,
    list: &'static str,
    top: &'a str,
    part: &'a str,
    display_name: String,
    description: String,
    vendor_display_name: String,
    range: u32,
    registers: Vec<Register>,
    memory: Option<Memory>,
}

/// The block design.
#[derive(Template)]
#[template(path = "vivado_bd.tcl", config = "templates/askama.toml")]
struct BlockDesign<'a> {
    generator: &'a str,
    vendor: &'static str,
    library: &'static str,
    version: &'static str,
    board: String,
    part: &'a str,
    preset: &'a str,
    top: &'a str,
    clock_mhz: String,
    bus_width: usize,
    memory_width: usize,
    pins: String,
    bitstream_stem: String,
    /// Names of the ports to memory, with the port of the processor that each leads to: as in `S_AXI_HP1_FPD`.
    memory_ports: Vec<(String, usize)>,
}

/// Bits of a beat of samples at the IP: a whole power of two, as a DMA has them.
fn bus_width(design: &Design) -> usize {
    design.input().tdata_width().next_power_of_two().max(8)
}

/// The files for a target, or without one; none for devices of other manufacturers.
///
/// # Errors
/// When a template cannot be filled in.
pub(super) fn files(design: &Design, manifest: &Manifest, target: Option<&Target>) -> Result<Files> {
    let family = target.map_or(Family::Xc7, |target| target.device().family);
    if !matches!(family, Family::Xc7 | Family::Xcup) {
        return Ok(Files::new());
    }
    let fill = |e: askama::Error| Error::input(format!("cannot fill in a template: {e}"));
    let part = target.map_or(USUAL_PART, |target| &target.device().part);
    let (generator, top) = (manifest.generator.as_str(), manifest.top.as_str());
    let board = target.and_then(Target::board);
    let pins = board.filter(|board| board.serial.is_some());
    let flow = Flow {
        generator,
        part,
        part_argument: target.is_none(),
        list: if pins.is_some() { "rtl/board.f" } else { "rtl/files.f" },
        top: if pins.is_some() { board::TOP } else { top },
        constraints: match (pins, board) {
            (Some(board), _) => {
                vec![
                    format!("constraints/{}", family.clock_file()),
                    format!("constraints/{}", board.pins_name),
                ]
            }
            (None, Some(_)) => vec![format!("constraints/{}", family.clock_file())],
            (None, None) => vec!["constraints/core.xdc".to_owned()],
        },
        out_of_context: pins.is_none(),
        bitstream: pins.is_some(),
        bitstream_file: format!("bitstream/{family}.bit"),
        images: !design.is_loadable(),
    };
    let (tdata_width, bus_width) = (design.input().tdata_width(), bus_width(design));
    let stride = board.and_then(|board| board.pcie.as_ref()).map_or(0, |pcie| pcie.channel_bytes);
    let memory = design.memory_port().as_ref().map(|port| Memory::of(port, stride));
    let wrapper = Wrapper {
        generator,
        top,
        lanes: design.input().beat_lanes,
        element_bits: design.input().element_bits,
        tdata_width,
        bus: bits(bus_width),
        bus_high: bus_width - 1,
        padding: bus_width > tdata_width,
        addr: bits(manifest.address_bits as usize),
        memory: memory.clone(),
    };
    let range = LEAST_RANGE.max(1 << manifest.address_bits.min(31));
    let package = Package {
        generator,
        vendor: VENDOR,
        library: LIBRARY,
        version: VERSION,
        list: "rtl/files.f",
        top,
        part,
        display_name: tcl::display(&manifest.model),
        description: tcl::display("A spiking neural network behind AXI4-Stream and AXI4-Lite"),
        vendor_display_name: tcl::display("snn2rtl"),
        range,
        registers: registers::registers(manifest),
        memory,
    };
    let mut files = Files::new();
    let mut add = |path: String, text: String| files.push((path, (text + "\n").into_bytes()));
    add(format!("rtl/{top}_ip.v"), wrapper.render().map_err(fill)?);
    add("scripts/vivado.tcl".into(), Script { flow: &flow }.render().map_err(fill)?);
    add("scripts/vivado_project.tcl".into(), Project { flow: &flow }.render().map_err(fill)?);
    add("scripts/vivado_figures.tcl".into(), Figures { generator }.render().map_err(fill)?);
    add("scripts/vivado_ip.tcl".into(), package.render().map_err(fill)?);
    if let Some((board, processor)) = board.and_then(|board| Some((board, board.processor.as_ref()?))) {
        let block_design = BlockDesign {
            generator,
            vendor: VENDOR,
            library: LIBRARY,
            version: VERSION,
            board: in_comment(&board.title),
            part,
            preset: &processor.preset,
            top,
            clock_mhz: format!("{}", board.clock_hz as f64 / 1e6),
            bus_width,
            memory_width: bus_width.max(LEAST_MEMORY),
            pins: format!("constraints/{}", board.pins_name),
            bitstream_stem: format!("bitstream/{family}"),
            memory_ports: processor_ports(design, board)?,
        };
        add("scripts/vivado_bd.tcl".into(), block_design.render().map_err(fill)?);
    }
    if let Some((board, pcie)) = board.and_then(|board| Some((board, board.pcie.as_ref()?))) {
        let script = pcie::script(design, manifest, board, pcie, range)?;
        add("scripts/vivado_bd.tcl".into(), script);
        add("software/xdma.py".into(), XDMA.trim_end().to_owned());
    }
    add("software/driver.py".into(), DRIVER.trim_end().to_owned());
    Ok(files)
}
