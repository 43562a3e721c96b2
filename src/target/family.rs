//! Device families: synthesis commands and file names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A family of devices that Yosys synthesises for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// AMD (Xilinx) 7 series, Zynq-7000 included.
    Xc7,
    /// AMD (Xilinx) UltraScale+: Zynq UltraScale+, Kria and Alveo.
    Xcup,
    /// Lattice ECP5.
    Ecp5,
    /// Lattice iCE40.
    Ice40,
    /// Gowin GW1N and GW2A.
    Gowin,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 5] = [Self::Xc7, Self::Xcup, Self::Ecp5, Self::Ice40, Self::Gowin];

    /// The family's name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xc7 => "xc7",
            Self::Xcup => "xcup",
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
    /// No input and output buffers: the top level is a core with stream interfaces, not a chip. The iCE40 command may
    /// use multipliers, which only the UltraPlus devices have. With `ultra_ram` large memories may be UltraRAM, if the
    /// family has such.
    pub fn command(self, ultra_ram: bool) -> &'static str {
        match self {
            Self::Xcup if ultra_ram => "synth_xilinx -family xcup -uram -flatten -noiopad -noclkbuf",
            Self::Xc7 => "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf",
            Self::Xcup => "synth_xilinx -family xcup -flatten -noiopad -noclkbuf",
            Self::Ecp5 => "synth_ecp5",
            Self::Ice40 => "synth_ice40 -dsp",
            Self::Gowin => "synth_gowin -noiopads",
        }
    }

    /// The synthesis command of a whole board, which has pads and clock buffers; without the top module.
    pub fn board_command(self) -> String {
        let words = self.command(false).split(' ').filter(|word| !word.starts_with("-no"));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Inputs of a look-up table.
    pub fn table_inputs(self) -> u32 {
        match self {
            Self::Xc7 | Self::Xcup => 6,
            Self::Ecp5 | Self::Ice40 | Self::Gowin => 4,
        }
    }

    /// The commands of Yosys, the last without the files, that read SystemVerilog for this family. `SNN2RTL_LUT4` tells
    /// memories how much a look-up table holds (`rtl/overlay/overlay_rom.sv`), `SNN2RTL_ULTRA` that there is UltraRAM
    /// (`rtl/overlay/overlay_two_ports.sv`), `SNN2RTL_MULT18X18D` that there are such multiplier blocks
    /// (`rtl/registered_product.sv`), which are declared before; assertions are for simulation and formal proofs.
    pub fn read_command(self) -> &'static str {
        match self {
            Self::Ecp5 => {
                "read_verilog -lib +/ecp5/cells_bb.v\n\
                 read_verilog -sv -D SNN2RTL_LUT4 -D SNN2RTL_MULT18X18D -defer -noassert -noassume"
            }
            Self::Ice40 | Self::Gowin => "read_verilog -sv -D SNN2RTL_LUT4 -defer -noassert -noassume",
            Self::Xcup => "read_verilog -sv -D SNN2RTL_ULTRA -defer -noassert -noassume",
            Self::Xc7 => "read_verilog -sv -defer -noassert -noassume",
        }
    }

    /// Commands of Yosys that add the pads of a whole board at the end, where the synthesis command would also add them to
    /// modules that are kept apart (`keep_hierarchy`).
    pub fn pads(self) -> &'static [&'static str] {
        match self {
            Self::Gowin => &[
                "setattr -unset keep_hierarchy */t:*",
                "setattr -mod -unset keep_hierarchy *",
                "flatten",
                "iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O -toutpad TBUF ~OEN:I:O -tinoutpad IOBUF ~OEN:O:I:IO",
            ],
            Self::Xc7 | Self::Xcup | Self::Ecp5 | Self::Ice40 => &[],
        }
    }

    /// The oldest Yosys that is accepted from `PATH`. Yosys 0.23 turns large ROMs into look-up tables for iCE40 and
    /// Gowin; 0.70 is the version that was tried and does not, and the only one that was tried for UltraScale+.
    pub fn oldest_yosys(self) -> &'static [u32] {
        match self {
            Self::Xc7 | Self::Ecp5 => &[0, 23],
            Self::Xcup | Self::Ice40 | Self::Gowin => &[0, 70],
        }
    }

    /// The unit that block memory is counted in.
    pub fn bram_unit(self) -> &'static str {
        match self {
            Self::Xc7 | Self::Xcup => "RAMB18",
            Self::Ecp5 => "DP16KD",
            Self::Ice40 => "SB_RAM40_4K",
            Self::Gowin => "BSRAM",
        }
    }

    /// Bits of a unit of block memory.
    pub fn block_bits(self) -> u64 {
        match self {
            Self::Xc7 | Self::Xcup | Self::Ecp5 | Self::Gowin => 18 * 1024,
            Self::Ice40 => 4 * 1024,
        }
    }

    /// Area of the serial shell of a board: look-up tables, flip-flops, units of block memory. Yosys 0.70, blocks of
    /// 784 bytes and results of 13 words; UltraScale+ as 7 series.
    pub fn serial_shell(self) -> [u64; 3] {
        match self {
            Self::Xc7 | Self::Xcup => [510, 468, 1],
            Self::Ecp5 => [803, 468, 1],
            Self::Ice40 => [659, 473, 4],
            Self::Gowin => [822, 470, 1],
        }
    }

    /// File extension of its pins files.
    pub fn pins_extension(self) -> &'static str {
        match self {
            Self::Xc7 | Self::Xcup => "xdc",
            Self::Ecp5 => "lpf",
            Self::Ice40 => "pcf",
            Self::Gowin => "cst",
        }
    }

    /// Extension of its bitstreams.
    pub fn bitstream_extension(self) -> &'static str {
        match self {
            Self::Xc7 | Self::Xcup | Self::Ecp5 => "bit",
            Self::Ice40 => "bin",
            Self::Gowin => "fs",
        }
    }

    /// The file that constrains the clock of a board.
    pub fn clock_file(self) -> &'static str {
        match self {
            Self::Xc7 | Self::Xcup => "clock.xdc",
            Self::Ecp5 | Self::Ice40 | Self::Gowin => "clock.sdc",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for family in Family::ALL {
            assert_eq!(Family::from_name(family.name()), Some(family));
        }
        assert_eq!(Family::from_name("xc9"), None);
    }
}
