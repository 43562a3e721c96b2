//! `targets`: boards and devices.

use clap::Args as ClapArgs;
use serde::Serialize;

use super::board_fit;
use super::output::{self, thousands};
use crate::error::Result;
use crate::flow::board_fit::{Holding, holdings};
use crate::target::{Board, Device, boards, devices};

/// Arguments of `targets`.
#[derive(ClapArgs)]
pub struct Args {
    /// For each board and each example, list the smallest and the fastest design that fits.
    #[arg(long)]
    examples: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Targets<'a> {
    boards: Vec<Row<'a>>,
    devices: &'a [Device],
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<Vec<Holding>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    title: &'a str,
    device: &'a str,
    clock_hz: u64,
    baud: Option<u64>,
    open_flow: &'static str,
    source: &'a str,
}

impl<'a> Row<'a> {
    fn of(board: &'a Board) -> Self {
        Self {
            name: &board.name,
            title: &board.title,
            device: &board.device.part,
            clock_hz: board.clock_hz,
            baud: board.serial.as_ref().map(|serial| serial.baud),
            open_flow: reach(&board.device),
            source: &board.source,
        }
    }
}

/// Lists every board and device.
///
/// # Errors
/// When the lists cannot be read or written.
pub fn run(args: &Args) -> Result<()> {
    let (boards, devices) = (boards()?, devices()?);
    let examples = args.examples.then(|| holdings(&boards)).transpose()?;
    if args.json {
        let rows = boards.iter().map(Row::of).collect();
        return output::json(&Targets { boards: rows, devices: &devices, examples });
    }
    let rows = boards.iter().map(|Board { name, device, clock_hz, .. }| {
        [
            name.clone(),
            device.die.clone(),
            device.family.to_string(),
            reach(device).to_owned(),
            thousands(device.luts),
            thousands(device.ffs),
            thousands(device.bram_bits() / 1024),
            thousands(large_bits(device) / 1024),
            thousands(device.dsps.count),
            (*clock_hz as f64 / 1e6).to_string(),
        ]
    });
    let header = [
        "board",
        "device",
        "family",
        "open flow",
        "LUT",
        "FF",
        "block RAM kbit",
        "large RAM kbit",
        "DSP",
        "MHz",
    ];
    output::print(&output::table(header, rows.collect(), 4).to_string())?;
    let dies: Vec<&str> = devices.iter().map(|device| device.die.as_str()).collect();
    output::print(&format!("devices for --device: {}", dies.join(", ")))?;
    output::print("your own board for --target: FILE.toml and its pins file, see docs/targets.md")?;
    match examples {
        Some(holdings) => {
            output::print(&board_fit::table(&holdings))?;
            output::print(
                "by the cost model, at the board's clock; `snn2rtl explore` shows the designs between",
            )
        }
        None => output::print("what the program's examples need on each board: --examples"),
    }
}

/// The last step that open tools support.
fn reach(device: &Device) -> &'static str {
    if device.has_open_flow() { "bitstream" } else { "resources" }
}

/// Bits of the memories that are larger than block memories.
fn large_bits(device: &Device) -> u64 {
    let large = device.brams.iter().filter(|memory| memory.kind != device.family.bram_unit());
    large.map(|memory| memory.bits * memory.count).sum()
}
