//! Options of `convert` and `check` about calibration samples and quantisers that are inserted.

use clap::Args as ClapArgs;

use super::output;
use crate::error::{Error, Result, printable};
use crate::flow::insert::{Insert, Inserted};

/// Calibration, and what is done with it.
#[derive(ClapArgs)]
pub struct InsertArgs {
    /// Insert quantisers of this number of bits, 1 to 16, wherever a value without one reaches a layer, a product or a sum;
    /// their scales come from the samples of --calibrate.
    #[arg(long, value_name = "N", requires = "calibrate")]
    insert_quantisers: Option<u8>,
    /// Samples (FILE.npy or FILE.npz:NAME): those that give scales to inserted quantisers, and on which these and
    /// --weight-bits are compared with the network as it was.
    #[arg(long, value_name = "FILE")]
    calibrate: Option<String>,
    /// Labels of these samples.
    #[arg(long, value_name = "FILE", requires = "calibrate")]
    labels: Option<String>,
}

impl InsertArgs {
    /// The quantisers that are asked for.
    ///
    /// # Errors
    /// When there are no samples for them.
    pub fn insert(&self) -> Result<Option<Insert>> {
        let Some(bits) = self.insert_quantisers else { return Ok(None) };
        let Some(calibrate) = self.calibrate.clone() else {
            return Err(Error::input("quantisers need samples that give their scales")
                .fix("add --calibrate SAMPLES.npy"));
        };
        Ok(Some(Insert { bits, calibrate, labels: self.labels.clone() }))
    }

    /// Whether there are samples that `check` has no use for.
    pub fn is_idle(&self) -> bool {
        self.calibrate.is_some() && self.insert_quantisers.is_none()
    }

    /// Samples and labels.
    pub fn samples(&self) -> Option<(&str, Option<&str>)> {
        Some((self.calibrate.as_deref()?, self.labels.as_deref()))
    }
}

/// The quantisers, and what they cost.
pub fn table(inserted: &Inserted) -> String {
    let rows = inserted.quantisers.iter().map(|q| {
        let readers: Vec<String> = q.readers.iter().map(|reader| printable(reader)).collect();
        let (low, high) = q.levels;
        [printable(&q.after), readers.join(", "), format!("{low}…{high}"), q.scale.to_string()]
    });
    let table = output::table(["quantiser inserted after", "read by", "levels", "scale"], rows.collect(), 4);
    let accuracy = match (inserted.accuracy_before, inserted.accuracy) {
        (Some(before), Some(after)) => {
            format!("; accuracy {:.2} % → {:.2} %", 100.0 * before, 100.0 * after)
        }
        _ => String::new(),
    };
    format!(
        "{table}\nquantisers of {} bits: classes changed {} of {}{accuracy}",
        inserted.bits, inserted.classes_changed, inserted.samples
    )
}
