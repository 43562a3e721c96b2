//! What the adders of an engine do in a sample.

use serde::{Deserialize, Serialize};

/// Cycles of a sample in the mean of several, by the model of cycles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Adders {
    /// From the end of the sample before to the end of this one.
    #[serde(rename = "estimated_cycles")]
    pub cycles: f64,
    /// The share of them that nothing hides, 0…1: the adders neither add nor pass words without spikes.
    pub unhidden: f64,
    /// What the adders do in them; the sum is that of all cycles.
    pub parts: Vec<AddersPart>,
}

/// A part of the cycles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddersPart {
    /// `adding`; `silent`: words without spikes; else what they wait for: rows of the `engine`, of `softmax` or of the
    /// `vector` unit; `fire`: the chunk before; `change` of the fire instruction; `fetch`: begins of rows and instructions;
    /// `input`: the first events of the sample; `end`: its last neurons.
    pub what: String,
    /// Cycles.
    pub cycles: f64,
}

impl AddersPart {
    /// The part in a table.
    pub fn name(&self) -> &str {
        match self.what.as_str() {
            "adding" => "adding",
            "silent" => "words without spikes",
            "engine" => "waiting for rows of the engine",
            "softmax" => "waiting for softmax",
            "vector" => "waiting for rows of the vector unit",
            "fire" => "waiting for the chunk before to fire",
            "change" => "change of the fire instruction",
            "fetch" => "begins of rows and instructions",
            "input" => "before the first event",
            "end" => "after the last event",
            other => other,
        }
    }
}
