//! Device families: the synthesis command of each, and what its cells count as.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::report::Figures;

/// A family of devices that Yosys synthesises for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// AMD (Xilinx) 7 series, Zynq-7000 included.
    Xc7,
    /// Lattice ECP5.
    Ecp5,
    /// Lattice iCE40.
    Ice40,
    /// Gowin GW1N and GW2A.
    Gowin,
}

/// What one cell adds to the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// Look-up tables used for logic.
    Lut(u64),
    /// Look-up tables used as memory or shift register.
    LutRam(u64),
    /// A flip-flop.
    Ff,
    /// Units of block memory.
    Bram(u64),
    /// Half multipliers: two 9×9 multipliers fill one place of an 18×18.
    HalfDsp(u64),
    /// A carry cell, and the look-up tables whose place it takes.
    Carry { luts: u64 },
    /// Constants: no resource.
    Nothing,
    /// Listed by name.
    Other,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 4] = [Self::Xc7, Self::Ecp5, Self::Ice40, Self::Gowin];

    /// The family's name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xc7 => "xc7",
            Self::Ecp5 => "ecp5",
            Self::Ice40 => "ice40",
            Self::Gowin => "gowin",
        }
    }

    /// The family of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.name() == name)
    }

    /// The synthesis command, without the top module.
    ///
    /// No input and output buffers: the top level is a core with stream interfaces, not a chip. The iCE40 command
    /// may use multipliers, which only the UltraPlus devices have.
    pub fn command(self) -> &'static str {
        match self {
            Self::Xc7 => "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf",
            Self::Ecp5 => "synth_ecp5",
            Self::Ice40 => "synth_ice40 -dsp",
            Self::Gowin => "synth_gowin -noiopads",
        }
    }

    /// The oldest Yosys that is taken from `PATH`. Yosys 0.23 turns large ROMs into look-up tables for iCE40 and
    /// Gowin; 0.70 is the version that was tried and does not.
    pub fn oldest_yosys(self) -> &'static [u32] {
        match self {
            Self::Xc7 | Self::Ecp5 => &[0, 23],
            Self::Ice40 | Self::Gowin => &[0, 70],
        }
    }

    /// The unit that block memory is counted in.
    pub fn bram_unit(self) -> &'static str {
        match self {
            Self::Xc7 => "RAMB18",
            Self::Ecp5 => "DP16KD",
            Self::Ice40 => "SB_RAM40_4K",
            Self::Gowin => "BSRAM",
        }
    }

    /// The figures of so many cells of each type.
    pub fn count<'a>(self, cells: impl IntoIterator<Item = (&'a str, u64)>) -> Figures {
        let mut figures = Figures::default();
        let mut half_dsps = 0;
        let mut other = BTreeMap::new();
        for (cell, count) in cells {
            match self.cell(cell) {
                Counts::Lut(luts) => figures.lut += luts * count,
                Counts::LutRam(luts) => {
                    figures.lut += luts * count;
                    figures.lutram += luts * count;
                }
                Counts::Ff => figures.ff += count,
                Counts::Bram(units) => figures.bram += units * count,
                Counts::HalfDsp(halves) => half_dsps += halves * count,
                Counts::Carry { luts } => {
                    figures.carry += count;
                    figures.lut += luts * count;
                }
                Counts::Nothing => {}
                Counts::Other => *other.entry(cell.to_owned()).or_default() += count,
            }
        }
        figures.dsp = half_dsps.div_ceil(2);
        figures.other = other;
        figures
    }

    fn cell(self, cell: &str) -> Counts {
        match self {
            Self::Xc7 => xc7(cell),
            Self::Ecp5 => ecp5(cell),
            Self::Ice40 => ice40(cell),
            Self::Gowin => gowin(cell),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// 7 series (UG953 names). An inverter becomes a LUT1; memories count the LUT6 sites they fill.
fn xc7(cell: &str) -> Counts {
    match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "LUT6_2" | "INV" => Counts::Lut(1),
        "SRL16E" | "SRLC16E" | "SRLC32E" | "RAM32X1S" | "RAM64X1S" => Counts::LutRam(1),
        "RAM32X1D" | "RAM64X1D" | "RAM128X1S" | "RAM32X2S" => Counts::LutRam(2),
        "RAM32M" | "RAM64M" | "RAM128X1D" | "RAM256X1S" => Counts::LutRam(4),
        "RAMB18E1" | "FIFO18E1" => Counts::Bram(1),
        "RAMB36E1" | "FIFO36E1" => Counts::Bram(2),
        "DSP48E1" => Counts::HalfDsp(2),
        "CARRY4" => Counts::Carry { luts: 0 },
        "GND" | "VCC" => Counts::Nothing,
        _ if ["FDRE", "FDSE", "FDCE", "FDPE"].iter().any(|ff| cell.starts_with(ff)) => Counts::Ff,
        _ => Counts::Other,
    }
}

/// ECP5. A carry cell fills the two LUT4s of a slice. A 16×4 memory fills three slices: two hold the bits and
/// the third drives their write ports.
fn ecp5(cell: &str) -> Counts {
    match cell {
        "LUT4" => Counts::Lut(1),
        "TRELLIS_DPR16X4" => Counts::LutRam(6),
        "TRELLIS_FF" => Counts::Ff,
        "DP16KD" | "PDPW16KD" => Counts::Bram(1),
        "MULT18X18D" => Counts::HalfDsp(2),
        "MULT9X9D" => Counts::HalfDsp(1),
        "CCU2C" => Counts::Carry { luts: 2 },
        _ => Counts::Other,
    }
}

/// iCE40. A carry cell sits beside the LUT of its logic cell. The large single-port memories of the UltraPlus
/// (`SB_SPRAM256KA`) are another resource than block memory and stay listed by name.
fn ice40(cell: &str) -> Counts {
    match cell {
        "SB_LUT4" => Counts::Lut(1),
        "SB_RAM40_4K" | "SB_RAM40_4KNR" | "SB_RAM40_4KNW" | "SB_RAM40_4KNRNW" => Counts::Bram(1),
        "SB_MAC16" => Counts::HalfDsp(2),
        "SB_CARRY" => Counts::Carry { luts: 0 },
        _ if cell.starts_with("SB_DFF") => Counts::Ff,
        _ => Counts::Other,
    }
}

/// Gowin. An `ALU` is a LUT4 in its arithmetic mode; memories count the LUT4s that hold their bits.
fn gowin(cell: &str) -> Counts {
    match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "INV" => Counts::Lut(1),
        "RAM16S1" | "RAM16SDP1" => Counts::LutRam(1),
        "RAM16S2" | "RAM16SDP2" => Counts::LutRam(2),
        "RAM16S4" | "RAM16SDP4" => Counts::LutRam(4),
        "SP" | "SPX9" | "SDP" | "SDPX9" | "SDPB" | "SDPX9B" | "DP" | "DPX9" | "DPB" | "DPX9B" | "pROM"
        | "pROMX9" => Counts::Bram(1),
        "MULT9X9" => Counts::HalfDsp(1),
        "MULT18X18" | "MULTALU18X18" => Counts::HalfDsp(2),
        "MULTADDALU18X18" => Counts::HalfDsp(4),
        "MULT36X36" | "MULTALU36X18" => Counts::HalfDsp(8),
        "ALU" => Counts::Carry { luts: 1 },
        "GND" | "VCC" => Counts::Nothing,
        _ if cell.starts_with("DFF") => Counts::Ff,
        _ => Counts::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_count_by_their_size() {
        let xc7 = Family::Xc7.count([
            ("LUT6", 3),
            ("LUT6_2", 1),
            ("RAM32M", 2),
            ("RAMB18E1", 1),
            ("RAMB36E1", 2),
            ("FDRE", 5),
            ("FDSE_1", 1),
            ("CARRY4", 2),
            ("DSP48E1", 1),
            ("MUXF7", 4),
        ]);
        assert_eq!((xc7.lut, xc7.lutram, xc7.ff, xc7.bram), (12, 8, 6, 5));
        assert_eq!((xc7.dsp, xc7.carry, xc7.other["MUXF7"]), (1, 2, 4));
        let ecp5 = Family::Ecp5.count([("LUT4", 1), ("CCU2C", 2), ("TRELLIS_DPR16X4", 1), ("MULT9X9D", 3)]);
        assert_eq!((ecp5.lut, ecp5.lutram, ecp5.carry, ecp5.dsp), (11, 6, 2, 2));
        let ice40 = Family::Ice40.count([("SB_DFFESR", 2), ("SB_CARRY", 3), ("SB_SPRAM256KA", 1)]);
        assert_eq!((ice40.lut, ice40.ff, ice40.carry, ice40.other["SB_SPRAM256KA"]), (0, 2, 3, 1));
        let gowin =
            Family::Gowin.count([("ALU", 4), ("DFFRE", 2), ("pROM", 2), ("VCC", 9), ("MULT18X18", 1)]);
        assert_eq!((gowin.lut, gowin.ff, gowin.bram, gowin.dsp, gowin.other.len()), (4, 2, 2, 1, 0));
    }

    #[test]
    fn names_lead_back() {
        for family in Family::ALL {
            assert_eq!(Family::from_name(family.name()), Some(family));
        }
        assert_eq!(Family::from_name("xc9"), None);
    }
}
