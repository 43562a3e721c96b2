//! Targets of the hardware: families, devices and boards, read from `constraints/`.
//!
//! | file | contents |
//! |---|---|
//! | `family.rs` | device families and their synthesis commands |
//! | `device.rs` | resources of devices: `constraints/devices.toml` |
//! | `board.rs` | boards: `constraints/NAME.toml` and the pins file beside it |
//! | `pcie.rs` | PCI Express as the host, and the memory of a card |
//! | `pins.rs` | port assignments in a pins file |
//! | `short.rs` | resources of which a device has too little |
//! | `routing.rs` | arguments of open place and route |
//! | `read.rs`, `nearest.rs` | TOML with errors that name the key; unknown names |
//!
//! Names from these files are used in scripts and paths, so the parser accepts only plain ones.

mod board;
mod device;
mod family;
mod nearest;
mod pcie;
mod pins;
mod read;
pub mod routing;
mod short;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use board::{Board, Memory as BoardMemory, Processor, Reset, Serial, boards};
pub use device::{Device, Dsps, Memory, devices};
pub use family::Family;
pub use pcie::{Controller, Pcie, STACK};
pub use pins::{Placement, placements};
pub use short::Short;

use crate::error::{Error, Result};

/// Target of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A board: a device with pins and a clock.
    Board(Box<Board>),
    /// A device without a board: the core without pins.
    Device(Box<Device>),
}

/// A target in the manifest of a build folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetEntry {
    /// The board, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// The device's part.
    pub device: String,
    /// Its family.
    pub family: Family,
}

impl Target {
    /// The device.
    pub fn device(&self) -> &Device {
        match self {
            Self::Board(board) => &board.device,
            Self::Device(device) => device,
        }
    }

    /// Resources available to a core: on a board with a serial line, all except those of the shell.
    pub fn room(&self) -> Device {
        match self {
            Self::Board(board) => board.room(),
            Self::Device(device) => device.as_ref().clone(),
        }
    }

    /// The board, if it is one.
    pub fn board(&self) -> Option<&Board> {
        match self {
            Self::Board(board) => Some(board),
            Self::Device(_) => None,
        }
    }

    /// Its entry in the manifest.
    pub fn entry(&self) -> TargetEntry {
        let device = self.device();
        TargetEntry {
            board: self.board().map(|board| board.name.clone()),
            device: device.part.clone(),
            family: device.family,
        }
    }

    /// Its files in the folder `constraints/` of a build: name and text of each file.
    pub fn files(&self) -> Vec<(String, String)> {
        let Some(board) = self.board() else { return Vec::new() };
        vec![
            (format!("{}.toml", board.name), board.text.clone()),
            (board.pins_name.clone(), board.pins.clone()),
            (board.device.family.clock_file().to_owned(), board.clock_constraint()),
        ]
    }

    /// The target that a manifest names; a board is read from the files in the build folder, so that those of users are
    /// found too.
    ///
    /// # Errors
    /// When the device is not known, or the files of the board are missing or damaged.
    pub fn of_build(build: &Path, entry: &TargetEntry) -> Result<Self> {
        let device =
            Device::find(&entry.device).map_err(|error| error.at_file(build.join("manifest.json")))?;
        let Some(name) = &entry.board else { return Ok(Self::Device(Box::new(device))) };
        read::plain("target.board", name).map_err(|error| error.at_file(build.join("manifest.json")))?;
        let path = build.join("constraints").join(format!("{name}.toml"));
        let board = Board::from_file(&path)?;
        if board.device != device {
            let problem = format!("the manifest names the device {}, not {}", device.part, board.device.part);
            return Err(Error::input(problem).at_file(path));
        }
        Ok(Self::Board(Box::new(board)))
    }
}
