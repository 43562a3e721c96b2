//! Reads and writes of registers over AXI4-Lite, one at a time.

use super::pins::Pins;
use crate::hardware::{FirstMismatch, Stop, What};

/// Cycles that an access may take at most.
const PATIENCE: u64 = 1000;

/// Response of an access that went well.
const OKAY: u8 = 0;

impl Pins {
    /// Reads a register.
    pub(super) fn read_register(&mut self, address: u32) -> Result<u32, Stop> {
        self.drive.s_axi_araddr = address;
        self.drive.s_axi_arvalid = 1;
        for _ in 0..PATIENCE {
            let out = self.cycle()?;
            if out.s_axi_arready != 0 {
                self.drive.s_axi_arvalid = 0;
            }
            if out.s_axi_rvalid != 0 {
                return match out.s_axi_rresp {
                    OKAY => Ok(out.s_axi_rdata),
                    response => Err(self.refused("reading", address, response)),
                };
            }
        }
        Err(self.unanswered("reading", address))
    }

    /// Writes a register.
    pub(super) fn write_register(&mut self, address: u32, data: u32) -> Result<(), Stop> {
        self.drive.s_axi_awaddr = address;
        self.drive.s_axi_wdata = data;
        self.drive.s_axi_wstrb = 0xf;
        (self.drive.s_axi_awvalid, self.drive.s_axi_wvalid) = (1, 1);
        for _ in 0..PATIENCE {
            let out = self.cycle()?;
            if out.s_axi_awready != 0 {
                self.drive.s_axi_awvalid = 0;
            }
            if out.s_axi_wready != 0 {
                self.drive.s_axi_wvalid = 0;
            }
            if out.s_axi_bvalid != 0 {
                return match out.s_axi_bresp {
                    OKAY => Ok(()),
                    response => Err(self.refused("writing", address, response)),
                };
            }
        }
        Err(self.unanswered("writing", address))
    }

    fn refused(&self, what: &str, address: u32, response: u8) -> Stop {
        let message = format!("{what} register {address:#04x} gives the response {response}");
        FirstMismatch::new(What::Register, self.cycle, message).into()
    }

    fn unanswered(&self, what: &str, address: u32) -> Stop {
        let message = format!("{what} register {address:#04x} is not answered in {PATIENCE} cycles");
        FirstMismatch::new(What::Register, self.cycle, message).into()
    }
}
