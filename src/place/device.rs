//! Devices without a board, and the programs that place and route.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::routing;

    /// The script of a build folder calls the programs that are called here.
    #[test]
    fn the_programs_have_these_names() {
        for family in [Family::Ecp5, Family::Ice40, Family::Gowin] {
            let (router, packer) = tools(family);
            assert_eq!(routing::programs(family), (router.title(), packer.title()));
        }
    }
}
