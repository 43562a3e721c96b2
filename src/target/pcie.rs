//! PCI Express as the host of a board, and the memory of the card behind controllers in the logic.

use serde::Deserialize;

use super::{Family, read};
use crate::error::{Error, Result};

/// Fewest and most bytes of a channel.
const CHANNEL: (u64, u64) = (1 << 20, 1 << 36);
/// Pseudo channels of a stack of HBM.
pub const STACK: u64 = 16;

/// A PCI Express bridge as the host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pcie {
    /// Vivado's name of the board, without version: `VENDOR:BOARD:PART`.
    pub preset: String,
    /// Controllers of the card's memory.
    pub controller: Controller,
    /// Bytes of a channel.
    pub channel_bytes: u64,
    /// The block of PCI Express, where the board's files in Vivado do not place lanes, reference clock and reset.
    pub block: Option<String>,
}

/// Controllers of the card's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Controller {
    /// A controller for each channel; the board's files place their pins.
    Ddr4,
    /// One stack of HBM: a channel is a pseudo channel.
    Hbm,
}

impl Pcie {
    /// The ports that the pins file places.
    pub fn ports(&self) -> Vec<&'static str> {
        let mut ports = Vec::new();
        if self.controller == Controller::Hbm {
            ports.extend(["hbm_clk_clk_p", "hbm_clk_clk_n", "hbm_cattrip_o"]);
        }
        if self.block.is_some() {
            ports.extend(["pcie_refclk_clk_p", "pcie_refclk_clk_n", "pcie_perstn"]);
        }
        ports
    }

    /// Channels that a core can use, of the `channels` that the card has.
    pub fn channels(&self, channels: u64) -> u64 {
        match self.controller {
            Controller::Ddr4 => channels.max(1),
            Controller::Hbm => channels.clamp(1, STACK),
        }
    }

    /// Checks a description's values.
    ///
    /// # Errors
    /// When one is out of range, or the board has a serial line, a processor or another family.
    pub(super) fn check(&self, family: Family, other_host: bool) -> Result<()> {
        preset("pcie.preset", &self.preset)?;
        read::within("pcie.channel_bytes", self.channel_bytes, CHANNEL.0, CHANNEL.1)?;
        if !self.channel_bytes.is_power_of_two() {
            return Err(Error::input("key `pcie.channel_bytes`: a power of two is expected here"));
        }
        if let Some(block) = &self.block {
            read::plain("pcie.block", block)?;
        }
        match other_host || family != Family::Xcup {
            true => Err(Error::input(
                "key `pcie`: only a board of family xcup without `serial` and `processor` has it",
            )),
            false => Ok(()),
        }
    }
}

/// Checks Vivado's name of a board.
///
/// # Errors
/// When it is not three plain names with `:` between them.
pub(super) fn preset(key: &str, name: &str) -> Result<()> {
    let parts: Vec<&str> = name.split(':').collect();
    if parts.len() != 3 {
        let problem = format!("key `{key}`: three names with `:` between them are expected here");
        return Err(Error::input(problem).fix("write it like \"xilinx.com:zcu104:part0\""));
    }
    parts.iter().try_for_each(|part| read::plain(key, part))
}
