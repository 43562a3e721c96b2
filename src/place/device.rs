//! Devices, and the arguments of the router and the packer for them.

use crate::error::{Error, Result};
use crate::target::{Device, Family};
use crate::tool::Tool;

/// Pins of the Tang Nano 20K: its clock, a button, and two of the free pins.
const TANG_NANO_20K: &str = "IO_LOC \"clk_i\" 4;\nIO_PORT \"clk_i\" IO_TYPE=LVCMOS33;\n\
                             IO_LOC \"load_i\" 88;\nIO_PORT \"load_i\" IO_TYPE=LVCMOS33;\n\
                             IO_LOC \"scan_i\" 25;\nIO_PORT \"scan_i\" IO_TYPE=LVCMOS33;\n\
                             IO_LOC \"scan_o\" 26;\nIO_PORT \"scan_o\" IO_TYPE=LVCMOS33;\n";

/// The default device of a family without a board, and its default frequency in MHz.
///
/// # Errors
/// For families without an open router.
pub fn usual(family: Family) -> Result<(Device, f64)> {
    match family {
        Family::Ecp5 => Ok((Device::find("lfe5u-85f-6bg381c")?, 80.0)),
        Family::Ice40 => Ok((Device::find("ice40up5k-sg48")?, 12.0)),
        Family::Gowin => Ok((Device::find("gw2ar-18-qn88c8i7")?, 27.0)),
        Family::Xc7 | Family::Xcup => {
            Err(Error::input(format!("there is no open place and route for the family {family}"))
                .fix("use ecp5, ice40 or gowin; for AMD devices use Vivado"))
        }
    }
}

/// Pins for the register chain, if the router needs a location for every pin.
pub fn spare_pins(family: Family) -> Option<&'static str> {
    (family == Family::Gowin).then_some(TANG_NANO_20K)
}

/// Router and packer.
pub fn tools(family: Family) -> (Tool, Tool) {
    match family {
        Family::Ice40 => (Tool::NextpnrIce40, Tool::Icepack),
        Family::Gowin => (Tool::NextpnrHimbaechel, Tool::GowinPack),
        Family::Ecp5 | Family::Xc7 | Family::Xcup => (Tool::NextpnrEcp5, Tool::Ecppack),
    }
}

/// File extensions of the pins file, of the output of the router, and of the bitstream.
pub fn endings(family: Family) -> (&'static str, &'static str, &'static str) {
    match family {
        Family::Ice40 => ("pcf", "asc", "bin"),
        Family::Gowin => ("cst", "placed.json", "fs"),
        Family::Ecp5 | Family::Xc7 | Family::Xcup => ("lpf", "config", "bit"),
    }
}

/// Arguments of the router: the netlist and the pins go in, the placed design and the report come out.
pub fn router(device: &Device, netlist: &str, pins: Option<&str>, placed: &str, report: &str) -> Vec<String> {
    let mut arguments = vec!["--json".to_owned(), netlist.to_owned()];
    arguments.extend(device.nextpnr.iter().cloned());
    let (constrain, free, output) = match device.family {
        Family::Ice40 => ("--pcf", "--pcf-allow-unconstrained", "--asc"),
        Family::Gowin => ("--vopt", "", "--write"),
        Family::Ecp5 | Family::Xc7 | Family::Xcup => ("--lpf", "--lpf-allow-unconstrained", "--textcfg"),
    };
    match pins {
        Some(pins) if device.family == Family::Gowin => {
            arguments.extend([constrain.to_owned(), format!("cst={pins}")]);
        }
        Some(pins) => arguments.extend([constrain, pins].map(str::to_owned)),
        None if free.is_empty() => {}
        None => arguments.push(free.to_owned()),
    }
    if device.family == Family::Ecp5 {
        // The router that is the default takes hours for designs that fill half of the device. The weight of the clock
        // in the placement is four times the default: 67.5 MHz instead of 59.4 before routing, in a board with a Vision
        // Transformer.
        let choices = ["--router", "router2", "--placer-heap-timingweight", "40"];
        arguments.extend(choices.map(str::to_owned));
    }
    // A missed frequency is judged by the report and not by the router's exit code.
    arguments.extend([output, placed, "--report", report, "--timing-allow-fail"].map(str::to_owned));
    arguments
}

/// Arguments of the packer.
pub fn pack(device: &Device, placed: &str, bitstream: &str) -> Vec<String> {
    let mut arguments = device.packer.clone();
    if device.family == Family::Ecp5 {
        arguments.push("--compress".to_owned());
    }
    arguments.extend(
        match device.family {
            Family::Ice40 => vec![placed, bitstream],
            Family::Gowin => vec!["-o", bitstream, placed],
            Family::Ecp5 | Family::Xc7 | Family::Xcup => vec!["--input", placed, "--bit", bitstream],
        }
        .into_iter()
        .map(str::to_owned),
    );
    arguments
}
