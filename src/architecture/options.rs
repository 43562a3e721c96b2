//! The options of a design, of whichever architecture.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::golden::SpikeCode;
use crate::overlay::{self, Machine};
use crate::streaming::design;

/// Hardware options. In JSON, those of the overlay begin with `"architecture": "overlay"`; without this key they are
/// those of the streaming architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Options {
    /// Lanes and FIFO depths of the stages.
    Streaming(design::Options),
    /// Sizes of the engine.
    Overlay(overlay::Options),
    /// An overlay that networks are loaded into at run time.
    Loadable(Box<overlay::Loadable>),
}

/// The architectures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// One stage per operator, connected by streams.
    #[default]
    Streaming,
    /// One engine for all layers, run by a program.
    Overlay,
}

impl Architecture {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Overlay => "overlay",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::Streaming(design::Options::default())
    }
}

impl Options {
    /// The architecture that they are for.
    pub fn architecture(&self) -> Architecture {
        match self {
            Self::Streaming(_) => Architecture::Streaming,
            Self::Overlay(_) | Self::Loadable(_) => Architecture::Overlay,
        }
    }

    /// Those of the streaming architecture, if they are.
    pub fn streaming(&self) -> Option<&design::Options> {
        match self {
            Self::Streaming(options) => Some(options),
            Self::Overlay(_) | Self::Loadable(_) => None,
        }
    }

    /// Output channels that are added to in one cycle, by default or in every layer.
    pub fn lanes(&self) -> usize {
        match self {
            Self::Streaming(options) => options.lanes,
            Self::Overlay(options) => options.lanes,
            Self::Loadable(loadable) => loadable.options.lanes,
        }
    }

    /// Whether the hardware can end samples by the confidence rule.
    pub fn has_confidence(&self) -> bool {
        match self {
            Self::Streaming(options) => options.confidence,
            // The settled schedule has no logits before the last layer.
            Self::Overlay(_) | Self::Loadable(_) => false,
        }
    }

    /// The machine that networks are loaded into, if it is one.
    pub fn loadable(&self) -> Option<&overlay::Loadable> {
        match self {
            Self::Streaming(_) | Self::Overlay(_) => None,
            Self::Loadable(loadable) => Some(loadable),
        }
    }

    /// Whether large memories for state are UltraRAM.
    pub fn uses_ultra_ram(&self) -> bool {
        match self {
            Self::Streaming(options) => options.ultra_ram,
            Self::Overlay(_) | Self::Loadable(_) => false,
        }
    }
}

impl From<design::Options> for Options {
    fn from(options: design::Options) -> Self {
        Self::Streaming(options)
    }
}

impl From<&design::Options> for Options {
    fn from(options: &design::Options) -> Self {
        Self::Streaming(options.clone())
    }
}

impl From<overlay::Options> for Options {
    fn from(options: overlay::Options) -> Self {
        Self::Overlay(options)
    }
}

impl From<&overlay::Options> for Options {
    fn from(options: &overlay::Options) -> Self {
        Self::Overlay(*options)
    }
}

impl From<&Self> for Options {
    fn from(options: &Self) -> Self {
        options.clone()
    }
}

/// Options of the overlay as they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    architecture: Architecture,
    lanes: usize,
    spikes: usize,
    fire_lanes: usize,
    fetch_width: usize,
    row_lanes: usize,
    code: Code,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<Machine>,
}

impl Written {
    fn of(options: &overlay::Options, machine: Option<Machine>) -> Self {
        let overlay::Options { lanes, spikes, fire_lanes, fetch_width, row_lanes, code } = *options;
        Self {
            architecture: Architecture::Overlay,
            lanes,
            spikes,
            fire_lanes,
            fetch_width,
            row_lanes,
            code: match code {
                SpikeCode::Unary => Code::Unary,
                SpikeCode::Radix => Code::Radix,
            },
            machine,
        }
    }

    fn options(self) -> Options {
        let Self { architecture: _, lanes, spikes, fire_lanes, fetch_width, row_lanes, code, machine } = self;
        let code = match code {
            Code::Unary => SpikeCode::Unary,
            Code::Radix => SpikeCode::Radix,
        };
        let options = overlay::Options { lanes, spikes, fire_lanes, fetch_width, row_lanes, code };
        match machine {
            None => Options::Overlay(options),
            Some(machine) => {
                // Lanes are written once.
                let machine = Machine { lanes, spikes, fire_lanes, fetch_width, row_lanes, ..machine };
                Options::Loadable(Box::new(overlay::Loadable { options, machine }))
            }
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Code {
    Unary,
    Radix,
}

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Streaming(options) => options.serialize(serializer),
            Self::Overlay(options) => Written::of(options, None).serialize(serializer),
            Self::Loadable(loadable) => {
                Written::of(&loadable.options, Some(loadable.machine.clone())).serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = serde_json::Value::deserialize(deserializer)?;
        let architecture = value.get("architecture").cloned().map(serde_json::from_value).transpose();
        match architecture.map_err(D::Error::custom)?.unwrap_or_default() {
            Architecture::Streaming => {
                value.as_object_mut().map(|keys| keys.remove("architecture"));
                serde_json::from_value(value).map(Self::Streaming)
            }
            Architecture::Overlay => serde_json::from_value(value).map(Written::options),
        }
        .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Architecture, Options};
    use crate::golden::SpikeCode;
    use crate::overlay;
    use crate::streaming::design;

    #[test]
    fn options_are_read_as_they_were_written() {
        let streaming = design::Options { lanes: 3, ..design::Options::default() };
        let text = serde_json::to_string(&streaming).expect("text");
        let options = Options::from(&streaming);
        // Streaming designs are written as before there were others.
        assert_eq!(serde_json::to_string(&options).expect("text"), text);
        assert_eq!(serde_json::from_str::<Options>(&text).expect("read"), options);

        let overlay = overlay::Options {
            lanes: 32,
            spikes: 3,
            fire_lanes: 8,
            fetch_width: 16,
            row_lanes: 2,
            code: SpikeCode::Unary,
        };
        let options = Options::from(overlay);
        let text = serde_json::to_string(&options).expect("text");
        assert_eq!(
            text,
            r#"{"architecture":"overlay","lanes":32,"spikes":3,"fire_lanes":8,"fetch_width":16,"row_lanes":2,"code":"unary"}"#
        );
        assert_eq!(serde_json::from_str::<Options>(&text).expect("read"), options);
        assert_eq!(options.architecture(), Architecture::Overlay);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let problem = |text: &str| serde_json::from_str::<Options>(text).expect_err("wrong").to_string();
        let overlay = |rest: &str| problem(&format!(r#"{{"architecture": "overlay"{rest}}}"#));
        assert!(problem(r#"{"architecture": "systolic"}"#).contains("expected `streaming` or `overlay`"));
        assert!(overlay("").contains("missing field `lanes`"));
        assert!(overlay(r#", "fifo_depth": 4"#).contains("unknown field `fifo_depth`"));
        let sizes = r#", "lanes": 8, "spikes": 1, "fire_lanes": 4, "fetch_width": 8, "row_lanes": 1"#;
        assert!(overlay(&format!(r#"{sizes}, "code": "binary""#)).contains("expected `unary` or `radix`"));
        assert!(problem(r#"{"lanes": 8, "spikes": 1}"#).contains("unknown field `spikes`"));
    }
}
