//! Loading of networks over the registers.

use super::pins::Pins;
use crate::architecture::image;
use crate::architecture::image::LoadError;
use crate::error::Error;
use crate::hardware::{FirstMismatch, Stop, What};
use crate::registers::{
    LOAD_ADDRESS_HIGH, LOAD_ADDRESS_LOW, LOAD_CONTROL, LOAD_DATA, LOAD_LENGTH, LOAD_MACHINE, LOAD_STATUS,
};

/// Where images are in memory.
const ADDRESS: u64 = 0x12_3456_7000;
/// Reads of the status until the core must be empty.
const READS: u32 = 1000;

/// State of the loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub loaded: bool,
    pub ready: bool,
    pub error: u32,
}

impl Pins {
    fn load_status(&mut self) -> Result<Status, Stop> {
        let word = self.read_register(LOAD_STATUS.offset)?;
        Ok(Status { loaded: word & 1 != 0, ready: word & 2 != 0, error: word >> 4 & 15 })
    }

    /// The same from memory: the core reads the image itself.
    fn try_read(&mut self, words: &[u32]) -> Result<Status, Stop> {
        self.set_memory(ADDRESS, &image::bytes(words));
        let length = u32::try_from(4 * words.len()).unwrap_or(u32::MAX);
        self.write_register(LOAD_ADDRESS_LOW.offset, (ADDRESS & 0xffff_ffff) as u32)?;
        self.write_register(LOAD_ADDRESS_HIGH.offset, (ADDRESS >> 32) as u32)?;
        self.write_register(LOAD_LENGTH.offset, length)?;
        self.write_register(LOAD_CONTROL.offset, 1)?;
        // A word takes five cycles at most, and more where the memory pauses.
        let mut left = READS + 8 * u32::try_from(words.len()).unwrap_or(u32::MAX / 16);
        loop {
            let status = self.load_status()?;
            if status.loaded || status.error != 0 {
                return Ok(status);
            }
            if left == 0 {
                let message = "the image is neither taken nor refused";
                return Err(FirstMismatch::new(What::Register, self.cycle, message).into());
            }
            left -= 1;
        }
    }

    /// Whether the memory has failed since the image was loaded, as the status tells it.
    pub(super) fn is_broken(&mut self) -> Result<bool, Stop> {
        let status = self.load_status()?;
        Ok(status == Status { loaded: false, ready: false, error: LoadError::Source.code() })
    }

    /// Gives an image to the core, whatever it is, and reads the state that it leads to.
    pub(super) fn try_load(&mut self, words: &[u32]) -> Result<Status, Stop> {
        if self.reads_images {
            return self.try_read(words);
        }
        self.write_register(LOAD_CONTROL.offset, 1)?;
        let mut left = READS;
        while !self.load_status()?.ready {
            if left == 0 {
                let message = "the core does not become empty";
                return Err(FirstMismatch::new(What::Register, self.cycle, message).into());
            }
            left -= 1;
        }
        for &word in words {
            self.write_register(LOAD_DATA.offset, word)?;
        }
        self.load_status()
    }

    /// Loads an image that must be taken.
    pub(super) fn load(&mut self, words: &[u32]) -> Result<(), Stop> {
        let machine = self.read_register(LOAD_MACHINE.offset)?;
        let status = self.try_load(words)?;
        if status == (Status { loaded: true, ready: false, error: 0 }) {
            return Ok(());
        }
        let known = LoadError::ALL.into_iter().find(|error| error.code() == status.error);
        let text = known.map_or_else(
            || "it is not complete".to_owned(),
            |error| format!("{} (error {})", error.text(), error.code()),
        );
        Err(Stop::Error(
            Error::input(format!("machine {machine:08x} refuses the model image: {text}"))
                .fix("write the image for this build folder with 'snn2rtl image'"),
        ))
    }
}
