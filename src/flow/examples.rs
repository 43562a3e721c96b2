//! The built-in trained networks, each with samples and the float64 results of PyTorch.

use crate::error::{Error, Result};
use crate::import::Options;
use crate::quant::{Element, InputSpec, Scaling};

/// A built-in example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// A Vision Transformer for handwritten digits: 17 tokens of 64 channels, 4 heads, 2 blocks
    MnistVit,
    /// A text encoder for reviews: 32 words of 64 channels, 4 heads, 2 blocks, padding mask
    ReviewEncoder,
    /// A classifier of handwritten digits: 784-128-10
    MnistMlp,
}

/// A file by its name in a folder, with its bytes.
pub type File = (&'static str, &'static [u8]);

macro_rules! files {
    ($name:literal, $inputs:literal) => {
        [
            (concat!($name, ".onnx"), include_bytes!(concat!("../../examples/", $name, "/", $name, ".onnx"))),
            ($inputs, include_bytes!(concat!("../../examples/", $name, "/sample/", $inputs))),
            ("labels.npy", include_bytes!(concat!("../../examples/", $name, "/sample/labels.npy"))),
            ("reference.npz", include_bytes!(concat!("../../examples/", $name, "/sample/reference.npz"))),
        ]
    };
}

impl Example {
    /// Every example.
    pub const ALL: [Self; 3] = [Self::MnistVit, Self::ReviewEncoder, Self::MnistMlp];

    /// Name of the model.
    pub fn name(self) -> &'static str {
        match self {
            Self::MnistVit => "mnist_vit",
            Self::ReviewEncoder => "review_encoder",
            Self::MnistMlp => "mnist_mlp",
        }
    }

    /// Description, in a sentence without a full stop.
    pub fn description(self) -> &'static str {
        match self {
            Self::MnistVit => {
                "A Vision Transformer for handwritten digits: 17 tokens of 64 channels, 4 heads, 2 blocks"
            }
            Self::ReviewEncoder => {
                "A text encoder for reviews: 32 words of 64 channels, 4 heads, 2 blocks, padding mask"
            }
            Self::MnistMlp => "A classifier of handwritten digits: 784-128-10",
        }
    }

    /// Short description.
    pub fn title(self) -> &'static str {
        match self {
            Self::MnistVit => "mnist_vit, 2 blocks, 17×64, 4 heads",
            Self::ReviewEncoder => "review_encoder, 2 blocks, 32×64, 4 heads",
            Self::MnistMlp => "mnist_mlp, 784-128-10",
        }
    }

    /// Names of one sample and of several.
    pub fn sample(self) -> (&'static str, &'static str) {
        match self {
            Self::MnistVit | Self::MnistMlp => ("an image", "images"),
            Self::ReviewEncoder => ("a sentence", "sentences"),
        }
    }

    /// Number of samples that a demo co-simulates: in a few seconds, or in a minute.
    pub fn cosim_samples(self, many: bool) -> usize {
        match (self, many) {
            (Self::MnistVit | Self::ReviewEncoder, true) => 16,
            (Self::MnistVit | Self::ReviewEncoder, false) => 4,
            (Self::MnistMlp, _) => 64,
        }
    }

    /// Whether a demo builds the overlay: it is the better architecture for Transformers, the streaming one for perceptrons.
    pub fn is_overlay(self) -> bool {
        match self {
            Self::MnistVit | Self::ReviewEncoder => true,
            Self::MnistMlp => false,
        }
    }

    /// The device that a demo builds for.
    pub fn device(self) -> &'static str {
        match self {
            Self::MnistVit | Self::ReviewEncoder | Self::MnistMlp => "xc7a100t",
        }
    }

    /// The model, its samples, their labels, the reference.
    pub fn files(self) -> [File; 4] {
        match self {
            Self::MnistVit => files!("mnist_vit", "images.npy"),
            Self::ReviewEncoder => files!("review_encoder", "ids.npy"),
            Self::MnistMlp => files!("mnist_mlp", "images.npy"),
        }
    }

    /// Import options of the model.
    ///
    /// # Errors
    /// Never for the values that stand here.
    pub fn options(self) -> Result<Options> {
        let normalise = |mean: &str, std: &str| {
            let decimal = |text: &str| Ok::<_, Error>(vec![text.parse().map_err(Error::input)?]);
            let scaling = Scaling::Normalise { mean: decimal(mean)?, std: decimal(std)? };
            Ok::<_, Error>(InputSpec { element: Element::U8, scaling, channel_axis: None })
        };
        let input = match self {
            Self::MnistVit => normalise("0.5", "0.5")?,
            Self::MnistMlp => normalise("0.1307", "0.3081")?,
            Self::ReviewEncoder => InputSpec::tokens(),
        };
        Ok(Options { input, weight_bits: None })
    }
}
