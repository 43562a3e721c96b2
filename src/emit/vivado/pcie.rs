//! The block design of a card: PCI Express as the host, DDR4 or HBM behind controllers in the logic.

use askama::Template;

use super::super::manifest::{Manifest, PcieEntry};
use super::{LEAST_MEMORY, LEAST_RANGE, LIBRARY, VENDOR, VERSION, bus_width};
use crate::architecture::Design;
use crate::error::{Error, Result};
use crate::hardware::name::in_comment;
use crate::target::{Board, Controller, Pcie, STACK, Target};

/// Where the registers of the DMA are in the first BAR.
const DMA: u64 = 0;
/// Where those of the core are.
const CORE: u64 = 0x10_0000;
/// Where those of the first memory controller are, and the distance of two.
const CONTROLLERS: (u64, u64) = (0x20_0000, 0x10_0000);
/// Size of the BAR.
const BAR_MEGABYTES: u64 = 8;

/// The block design.
#[derive(Template)]
#[template(path = "vivado_pcie.tcl", config = "templates/askama.toml")]
pub(super) struct BlockDesign<'a> {
    generator: &'a str,
    vendor: &'static str,
    library: &'static str,
    version: &'static str,
    board: String,
    part: &'a str,
    preset: &'a str,
    block: Option<&'a str>,
    top: &'a str,
    clock_mhz: String,
    bus_width: usize,
    memory_width: usize,
    pins: String,
    bitstream_stem: String,
    bar_megabytes: u64,
    hbm: Option<Hbm>,
    channels: Vec<Channel>,
    /// Of the registers: the core, the DMA, and with DDR4 a controller for each channel.
    controls: usize,
    /// Channels that the host reaches by a way of their own.
    host_channels: usize,
    dma_base: String,
    core_base: String,
    core_range: String,
    channel_bytes: String,
    windows: Vec<Window>,
}

/// A stack of HBM.
struct Hbm {
    density: &'static str,
    /// Ports that are not used, as two digits.
    unused: Vec<String>,
}

/// A channel of the memory.
struct Channel {
    index: usize,
    /// Interfaces that reach it.
    masters: Vec<String>,
    /// The interface of the memory.
    slave: String,
    /// Where the registers of its controller are.
    control: String,
}

impl Channel {
    fn two_digits(&self) -> String {
        format!("{:02}", self.index)
    }
}

/// A part of the memory, and the address spaces that it is in at the same place.
struct Window {
    offset: String,
    segment: String,
    spaces: Vec<String>,
}

/// The card of a target, with the ports of the core to its memory.
struct Card<'a> {
    board: &'a Board,
    pcie: &'a Pcie,
    ports: Vec<String>,
}

impl<'a> Card<'a> {
    /// # Errors
    /// When the core has more ports than the card has channels.
    fn of(design: &Design, board: &'a Board, pcie: &'a Pcie) -> Result<Self> {
        let ports = design.memory_port().map_or_else(Vec::new, |port| port.names());
        let there = pcie.channels(board.memory.as_ref().map_or(1, |memory| memory.channels));
        if ports.len() as u64 > there {
            let problem = format!("{} ports to memory: {} has {there} channels", ports.len(), board.title);
            return Err(Error::input(problem).fix("choose fewer: --memory-ports"));
        }
        Ok(Self { board, pcie, ports })
    }

    /// Name of the interface of HBM at a port: those of larger stacks have another one.
    fn saxi(&self, index: usize) -> String {
        let large = if self.stack_gigabytes() > 4 { "_8HI" } else { "" };
        format!("hbm/SAXI_{index:02}{large}")
    }

    fn stack_gigabytes(&self) -> u64 {
        (self.pcie.channel_bytes * STACK) >> 30
    }

    fn hbm(&self) -> Option<Hbm> {
        let used = self.ports.len().max(1);
        (self.pcie.controller == Controller::Hbm).then(|| Hbm {
            density: if self.stack_gigabytes() > 4 { "8GB" } else { "4GB" },
            unused: (used..STACK as usize).map(|index| format!("{index:02}")).collect(),
        })
    }

    fn channels(&self) -> Vec<Channel> {
        let of = |index: usize| {
            let hbm = self.pcie.controller == Controller::Hbm;
            let host = (!hbm || index == 0).then(|| format!("host/M{index:02}_AXI"));
            let port = self.ports.get(index).map(|port| format!("snn/{port}"));
            Channel {
                index,
                masters: host.into_iter().chain(port).collect(),
                slave: if hbm { self.saxi(index) } else { format!("ddr4_{index}/C0_DDR4_S_AXI") },
                control: format!("{:#x}", CONTROLLERS.0 + CONTROLLERS.1 * index as u64),
            }
        };
        (0..self.ports.len().max(1)).map(of).collect()
    }

    /// Who reaches what, and where: the host all of the memory, a port of the core its channel of DDR4, or all of HBM.
    fn windows(&self) -> Vec<Window> {
        let host = ["xdma/M_AXI", "dma/Data_MM2S", "dma/Data_S2MM"].map(str::to_owned);
        let port = |index: usize| self.ports.get(index).map(|port| format!("snn/{port}"));
        let window = |place: usize, segment: String, spaces: Vec<String>| {
            let offset = format!("{:#x}", self.pcie.channel_bytes * place as u64);
            Window { offset, segment, spaces }
        };
        let used = 0..self.ports.len().max(1);
        let with_host = |index: usize| host.iter().cloned().chain(port(index)).collect::<Vec<_>>();
        match self.pcie.controller {
            Controller::Ddr4 => used
                .map(|index| {
                    let segment = format!("ddr4_{index}/C0_DDR4_MEMORY_MAP/C0_DDR4_ADDRESS_BLOCK");
                    window(index, segment, with_host(index))
                })
                .collect(),
            Controller::Hbm => used
                .flat_map(|index| (0..STACK as usize).map(move |place| (index, place)))
                .map(|(index, place)| {
                    let segment = format!("{}/HBM_MEM{place:02}", self.saxi(index));
                    let spaces = if index == 0 { with_host(0) } else { port(index).into_iter().collect() };
                    window(place, segment, spaces)
                })
                .collect(),
        }
    }
}

/// What a driver must know of a card: where registers are, and the memory of each port.
pub(in super::super) fn entry(target: Option<&Target>) -> Option<PcieEntry> {
    let pcie = target?.board()?.pcie.as_ref()?;
    Some(PcieEntry { dma: DMA, core: CORE, channel_bytes: pcie.channel_bytes })
}

/// The script of the block design.
///
/// # Errors
/// When the core has more ports than the card has channels, or the template cannot be filled in.
pub(super) fn script(
    design: &Design,
    manifest: &Manifest,
    board: &Board,
    pcie: &Pcie,
    core_range: u32,
) -> Result<String> {
    let card = Card::of(design, board, pcie)?;
    let channels = card.channels();
    let ddr4 = pcie.controller == Controller::Ddr4;
    let count = if ddr4 { channels.len() } else { 0 };
    let bus_width = bus_width(design);
    let family = board.device.family;
    let block_design = BlockDesign {
        generator: &manifest.generator,
        vendor: VENDOR,
        library: LIBRARY,
        version: VERSION,
        board: in_comment(&card.board.title),
        part: &board.device.part,
        preset: &pcie.preset,
        block: pcie.block.as_deref(),
        top: &manifest.top,
        clock_mhz: format!("{}", board.clock_hz as f64 / 1e6),
        bus_width,
        memory_width: bus_width.max(LEAST_MEMORY),
        pins: format!("constraints/{}", board.pins_name),
        bitstream_stem: format!("bitstream/{family}"),
        bar_megabytes: BAR_MEGABYTES,
        hbm: card.hbm(),
        controls: 2 + count,
        host_channels: count.max(1),
        dma_base: format!("{DMA:#x}"),
        core_base: format!("{CORE:#x}"),
        core_range: format!("{:#x}", core_range.max(LEAST_RANGE)),
        channel_bytes: format!("{:#x}", pcie.channel_bytes),
        windows: card.windows(),
        channels,
    };
    block_design.render().map_err(|e| Error::input(format!("cannot fill in a template: {e}")))
}
