//! Devices and what the router and the packer are told about them.

use crate::synth::Family;
use crate::tool::Tool;

/// A device that is placed and routed.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Its name for people.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// Arguments of nextpnr that choose it.
    pub nextpnr: Vec<String>,
    /// Arguments of the packer that choose it.
    pub packer: Vec<String>,
    /// Frequency in MHz that is asked for where the caller names none.
    pub mhz: f64,
    /// Pins for a shell of four pins, where the router needs every pin to be placed.
    pub chain_pins: Option<&'static str>,
}

/// Pins of the Tang Nano 20K: its clock, a button, and two of the free pins.
const TANG_NANO_20K: &str = "IO_LOC \"clk_i\" 4;\nIO_PORT \"clk_i\" IO_TYPE=LVCMOS33;\n\
                             IO_LOC \"load_i\" 88;\nIO_PORT \"load_i\" IO_TYPE=LVCMOS33;\n\
                             IO_LOC \"scan_i\" 25;\nIO_PORT \"scan_i\" IO_TYPE=LVCMOS33;\n\
                             IO_LOC \"scan_o\" 26;\nIO_PORT \"scan_o\" IO_TYPE=LVCMOS33;\n";

impl Device {
    /// The device of a family that is taken where no board names one; none for families without an open router.
    pub fn usual(family: Family) -> Option<Self> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let device = |name: &str, nextpnr: &str, packer: &str, mhz, chain_pins| {
            Some(Self {
                name: name.to_owned(),
                family,
                nextpnr: words(nextpnr),
                packer: words(packer),
                mhz,
                chain_pins,
            })
        };
        match family {
            Family::Ecp5 => {
                device("LFE5U-85F-6BG381C", "--85k --package CABGA381 --speed 6", "--compress", 80.0, None)
            }
            Family::Ice40 => device("iCE40UP5K-SG48I", "--up5k --package sg48", "", 12.0, None),
            Family::Gowin => device(
                "GW2AR-LV18QN88C8/I7",
                "--device GW2AR-LV18QN88C8/I7 --vopt family=GW2A-18C",
                "-d GW2A-18C",
                27.0,
                Some(TANG_NANO_20K),
            ),
            _ => None,
        }
    }

    /// Router and packer.
    pub(super) fn tools(&self) -> (Tool, Tool) {
        match self.family {
            Family::Ice40 => (Tool::NextpnrIce40, Tool::Icepack),
            Family::Gowin => (Tool::NextpnrHimbaechel, Tool::GowinPack),
            _ => (Tool::NextpnrEcp5, Tool::Ecppack),
        }
    }

    /// Ending of the pins file, of what the router writes, and of the bitstream.
    pub(super) fn endings(&self) -> (&'static str, &'static str, &'static str) {
        match self.family {
            Family::Ice40 => ("pcf", "asc", "bin"),
            Family::Gowin => ("cst", "placed.json", "fs"),
            _ => ("lpf", "config", "bit"),
        }
    }

    /// Arguments of the router: the netlist and the pins go in, the placed design and the report come out.
    pub(super) fn router(
        &self,
        netlist: &str,
        pins: Option<&str>,
        placed: &str,
        report: &str,
    ) -> Vec<String> {
        let mut arguments = vec!["--json".to_owned(), netlist.to_owned()];
        arguments.extend(self.nextpnr.iter().cloned());
        let (constrain, free, output) = match self.family {
            Family::Ice40 => ("--pcf", "--pcf-allow-unconstrained", "--asc"),
            Family::Gowin => ("--vopt", "", "--write"),
            _ => ("--lpf", "--lpf-allow-unconstrained", "--textcfg"),
        };
        match pins {
            Some(pins) if self.family == Family::Gowin => {
                arguments.extend([constrain.to_owned(), format!("cst={pins}")]);
            }
            Some(pins) => arguments.extend([constrain, pins].map(str::to_owned)),
            None if free.is_empty() => {}
            None => arguments.push(free.to_owned()),
        }
        // A missed frequency is judged by the report and not by the router's exit code.
        arguments.extend([output, placed, "--report", report, "--timing-allow-fail"].map(str::to_owned));
        arguments
    }

    /// Arguments of the packer.
    pub(super) fn pack(&self, placed: &str, bitstream: &str) -> Vec<String> {
        let mut arguments = self.packer.clone();
        arguments.extend(
            match self.family {
                Family::Ice40 => vec![placed, bitstream],
                Family::Gowin => vec!["-o", bitstream, placed],
                _ => vec!["--input", placed, "--bit", bitstream],
            }
            .into_iter()
            .map(str::to_owned),
        );
        arguments
    }
}
