//! Loading of networks over the registers.

use super::pins::Pins;
use crate::architecture::image::LoadError;
use crate::error::Error;
use crate::hardware::{FirstMismatch, Stop, What};
use crate::registers::{LOAD_CONTROL, LOAD_DATA, LOAD_MACHINE, LOAD_STATUS};

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

    /// Writes the words of an image, whatever they are, and reads the state that they lead to.
    pub(super) fn try_load(&mut self, words: &[u32]) -> Result<Status, Stop> {
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
        let text = LoadError::ALL.into_iter().find(|error| error.code() == status.error);
        let text = text.map_or("it is not complete", LoadError::text);
        Err(Stop::Error(
            Error::input(format!(
                "machine {machine:08x} refuses the model image: {text} (error {})",
                status.error
            ))
            .fix("write the image for this build folder with 'snn2rtl image'"),
        ))
    }
}
