//! `convert`: ONNX or NIR model → model.snn.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args as ClapArgs, ValueEnum};
use serde::Serialize;

use super::graph::GraphArgs;
use super::insert::InsertArgs;
use super::spiking::SpikingArgs;
use super::{insert, inspect, output};
use crate::convert::EncodingChoice;
use crate::error::{Error, Result, printable};
use crate::flow;
use crate::flow::convert::Converted;
use crate::flow::insert::Inserted;
use crate::flow::rounding::Rounding;
use crate::flow::widths::{Search, Widths};
use crate::import::{Match, Samples};
use crate::lower::LayerProof;
use crate::nir;
use crate::quant::{Coding, Decimal, Element, InputSpec, Precision, Scaling};

/// Type of a raw element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputKind {
    /// 0…255
    U8,
    /// −128…127
    I8,
    /// 0…65535
    U16,
    /// Token ids (u16), indices into a table of embeddings
    Tokens,
}

/// Meaning of the raw data.
#[derive(ClapArgs)]
pub struct InputArgs {
    /// Type of a raw element. Without it, and without the options below, the model must contain this: an integer input that
    /// indexes a table holds tokens, and a quantiser that reads the input has a scale and levels.
    #[arg(long = "input", value_enum, value_name = "TYPE")]
    kind: Option<InputKind>,
    /// x = (q/q_max − MEAN)/STD; one value, or one per channel.
    #[arg(long, value_name = "MEAN", value_delimiter = ',', requires = "std", allow_hyphen_values = true)]
    mean: Vec<Decimal>,
    /// Divisor for --mean.
    #[arg(long, value_name = "STD", value_delimiter = ',', requires = "mean")]
    std: Vec<Decimal>,
    /// x = SCALE·(q − zero point); one value, or one per channel.
    #[arg(long, value_name = "SCALE", value_delimiter = ',', conflicts_with_all = ["mean", "std"])]
    scale: Vec<Decimal>,
    /// Zero point for --scale.
    #[arg(long, value_name = "Z", requires = "scale", default_value_t = 0, allow_hyphen_values = true)]
    zero_point: i32,
    /// Axis of the sample (0 is the first) to which several values of --mean, --std or --scale belong.
    #[arg(long, value_name = "AXIS")]
    channel_axis: Option<usize>,
}

impl InputArgs {
    /// The specification that the arguments give; none if they give nothing.
    ///
    /// # Errors
    /// When it is not complete.
    pub fn spec(&self) -> Result<Option<InputSpec>> {
        let scaled = !self.mean.is_empty() || !self.scale.is_empty();
        let element = match self.kind {
            None if !scaled => return Ok(None),
            None => {
                return Err(Error::input("the type of a raw element is not given").fix(
                    "add --input u8, i8 or u16, whichever type the arrays of samples have; images are u8",
                ));
            }
            Some(InputKind::U8) => Element::U8,
            Some(InputKind::I8) => Element::I8,
            Some(InputKind::U16) => Element::U16,
            Some(InputKind::Tokens) if !scaled => return Ok(Some(InputSpec::tokens())),
            Some(InputKind::Tokens) => {
                return Err(Error::input("tokens have neither mean nor scale")
                    .fix("leave --mean, --std and --scale out"));
            }
        };
        let scaling = match (self.mean.is_empty(), self.scale.is_empty()) {
            (false, _) => Scaling::Normalise { mean: self.mean.clone(), std: self.std.clone() },
            (_, false) => Scaling::Affine { scale: self.scale.clone(), zero_point: self.zero_point },
            _ => {
                return Err(Error::input("the real value of a raw element is not given")
                    .fix("give --mean and --std (x = (q/q_max − mean)/std), or --scale (x = scale·(q − zero point))"));
            }
        };
        let several = self.mean.len().max(self.std.len()).max(self.scale.len()) > 1;
        let channel_axis = if several { Some(self.channel_axis.unwrap_or(0)) } else { None };
        Ok(Some(InputSpec { element, scaling, channel_axis }))
    }
}

/// When the input is applied: to a quantised network, and to one that spikes already.
#[derive(Clone, Copy, Debug)]
pub struct Encoding {
    quantised: Option<EncodingChoice>,
    spiking: nir::Samples,
}

impl Encoding {
    /// What ONNX and NIR models have without a choice of the user.
    const USUAL: Self = Self { quantised: Some(EncodingChoice::Analog), spiking: nir::Samples::Train(None) };

    /// The choice, or the usual one, for this file.
    ///
    /// # Errors
    /// When an ONNX model cannot have it.
    pub fn of(choice: Option<Self>, model: &Path) -> Result<(EncodingChoice, nir::Samples)> {
        let Self { quantised, spiking } = choice.unwrap_or(Self::USUAL);
        match quantised {
            Some(quantised) => Ok((quantised, spiking)),
            None if nir::is_nir(model) => Ok((EncodingChoice::Analog, spiking)),
            None => Err(Error::input("only networks that spike already (NIR) have inputs of spikes")
                .at_file(model)
                .fix("give --encoding analog or rate")),
        }
    }
}

impl FromStr for Encoding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        use nir::Samples::{Constant, Train};
        let of = |quantised, spiking| Ok(Self { quantised, spiking });
        match text.split_once(':') {
            None if text == "analog" => of(Some(EncodingChoice::Analog), Constant),
            None if text == "rate" => of(Some(EncodingChoice::Rate(None)), Train(Some(Coding::Rate))),
            None if text == "latency" => of(None, Train(Some(Coding::Latency))),
            None if text == "spikes" => of(None, Train(None)),
            Some(("rate", steps)) => match steps.parse() {
                Ok(steps) => of(Some(EncodingChoice::Rate(Some(steps))), Train(Some(Coding::Rate))),
                Err(_) => Err(format!("{steps:?} is not a number of time-steps")),
            },
            _ => Err("possible are analog, rate, rate:STEPS, latency and spikes".into()),
        }
    }
}

/// `auto`, or a number of bits.
#[derive(Clone, Copy, Debug)]
pub struct WeightBits(pub Option<u8>);

impl FromStr for WeightBits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(bits) => Ok(Self(Some(bits))),
            Err(_) if text == "auto" => Ok(Self(None)),
            Err(_) => Err("possible are auto and 2 to 32".into()),
        }
    }
}

/// Four widths, separated by commas.
#[derive(Clone, Copy, Debug)]
pub struct FractionBits(pub Precision);

impl FromStr for FractionBits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bits: Vec<u32> = text
            .split(',')
            .map(|bits| bits.parse().map_err(|_| format!("{bits:?} is not a number of bits")))
            .collect::<Result<_, _>>()?;
        let bits = <[u32; Precision::WIDTHS]>::try_from(bits)
            .map_err(|bits| format!("{} numbers of fraction bits; four are needed", bits.len()))?;
        let precision = Precision::from_bits(bits);
        precision.check()?;
        Ok(Self(precision))
    }
}

/// Arguments of `convert`.
#[derive(ClapArgs)]
pub struct Args {
    /// The model.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The folder to write. An existing model is replaced.
    #[arg(short, long, value_name = "MODEL.snn")]
    output: PathBuf,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    graph: GraphArgs,
    /// When the input is applied: analog, rate or rate:STEPS; analog without it. In NIR files: spikes (trains of 0 and 1, or
    /// with --input event frames, time-steps first), rate or latency (static samples become such trains), or analog (a
    /// static sample is applied in every time-step); spikes without it.
    #[arg(long)]
    encoding: Option<Encoding>,
    #[command(flatten)]
    spiking: SpikingArgs,
    /// Fraction bits of residual sums, of γ and β of LayerNorm, of the exponential and of the scale of softmax, which are
    /// rounded: 1 to 32 each. More bits than the default make differences from float64 rarer.
    #[arg(long, value_name = "R,G,F,H", default_value = "26,24,24,30")]
    fraction_bits: FractionBits,
    /// Round weights without a quantiser to this number of bits, 2 to 32, with one scale per output channel. Without it, or
    /// with auto, they are taken to 24 bits of the largest weight of their output channel.
    #[arg(long, value_name = "N")]
    weight_bits: Option<WeightBits>,
    #[command(flatten)]
    insert: InsertArgs,
    /// Find the smallest width of the float weights of each layer, 2 to 16 bits, with which accuracy on the samples of
    /// --calibrate and --labels falls by at most this, in percentage points.
    #[arg(long, value_name = "POINTS", requires = "labels", conflicts_with = "weight_bits")]
    tolerance: Option<f64>,
    /// Name of the model; default: the name of the file.
    #[arg(long)]
    name: Option<String>,
    /// List the patterns that were found.
    #[arg(long)]
    explain: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Found<'a> {
    pattern: &'a str,
    node: &'a str,
    detail: &'a str,
}

/// What raw samples are, and why.
#[derive(Serialize)]
pub struct InputReport<'a> {
    /// Type of a raw element.
    element: &'a str,
    #[serde(flatten)]
    scaling: &'a Scaling,
    /// How it was inferred from the model; `None` if the user gave it.
    inferred: Option<&'a str>,
}

impl<'a> InputReport<'a> {
    /// What is reported of samples.
    pub fn of(samples: &'a Samples) -> Self {
        let Samples { spec, inferred } = samples;
        Self { element: spec.element.name(), scaling: &spec.scaling, inferred: inferred.as_deref() }
    }
}

/// What the user should know of a node.
#[derive(Serialize)]
pub struct Note<'a> {
    node: &'a str,
    detail: &'a str,
}

impl<'a> Note<'a> {
    /// A note as it is reported.
    pub fn of((node, detail): &'a (String, String)) -> Self {
        Self { node, detail }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    producer: &'a str,
    output: &'a Path,
    /// What raw samples are.
    input: Option<InputReport<'a>>,
    proof: &'a [LayerProof],
    notes: Vec<Note<'a>>,
    patterns: Vec<Found<'a>>,
    /// What rounding the weights costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    rounding: Option<&'a Rounding>,
    /// The quantisers that were inserted, and what they cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    inserted: Option<&'a Inserted>,
    /// The widths of weights that were found.
    #[serde(skip_serializing_if = "Option::is_none")]
    widths: Option<&'a Widths>,
}

impl Args {
    /// The search for widths that is asked for.
    fn search(&self) -> Result<Option<Search>> {
        let Some(tolerance) = self.tolerance else { return Ok(None) };
        let Some((calibrate, Some(labels))) = self.insert.samples() else {
            return Err(Error::input("a tolerance of accuracy needs samples with labels")
                .fix("add --calibrate SAMPLES.npy --labels LABELS.npy"));
        };
        Ok(Some(Search { tolerance, calibrate: calibrate.to_owned(), labels: labels.to_owned() }))
    }
}

/// Converts and prints the layers.
///
/// # Errors
/// When the model is not supported or the output cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let (encoding, samples) = Encoding::of(args.encoding, &args.model)?;
    let options = flow::convert::Options {
        model: args.model.clone(),
        output: Some(args.output.clone()),
        input: args.input.spec()?,
        weight_bits: args.weight_bits.and_then(|bits| bits.0),
        adjustments: args.graph.adjustments(),
        encoding,
        precision: args.fraction_bits.0,
        spiking: args.spiking.options(samples),
        name: args.name.clone(),
        insert: args.insert.insert()?,
        search: args.search()?,
    };
    // Nothing is written yet.
    if args.insert.samples().is_some()
        && options.weight_bits.is_none()
        && options.insert.is_none()
        && options.search.is_none()
    {
        return Err(Error::input("--calibrate without something that it is for")
            .fix("add --weight-bits 8, --tolerance 0.5 or --insert-quantisers 8"));
    }
    if args.insert.samples().is_some() && nir::is_nir(&args.model) {
        return Err(Error::input("--calibrate is for ONNX files").at_file(&args.model).fix("leave it out"));
    }
    let converted = flow::convert(&options)?;
    let rounding = match args.insert.samples() {
        Some((inputs, labels)) if options.weight_bits.is_some() => {
            Some(flow::rounding::measure(&options, &converted.model, inputs, labels)?)
        }
        Some(_) | None => None,
    };
    let Converted { model, proof, notes, patterns, samples, inserted, widths } = &converted;
    if args.json {
        let found = |m: &'_ Match| (m.pattern, m.node.clone(), m.detail.clone());
        let all: Vec<_> = patterns.iter().map(found).collect();
        return output::json(&Report {
            model: &model.name,
            producer: &model.producer,
            output: &args.output,
            input: samples.as_ref().map(InputReport::of),
            proof,
            notes: notes.iter().map(Note::of).collect(),
            patterns: all.iter().map(|(pattern, node, detail)| Found { pattern, node, detail }).collect(),
            rounding: rounding.as_ref(),
            inserted: inserted.as_ref(),
            widths: widths.as_ref(),
        });
    }
    if args.explain {
        let rows = patterns.iter().map(|m| [printable(&m.node), m.pattern.to_owned(), printable(&m.detail)]);
        output::print(&output::table(["node", "pattern", "found"], rows.collect(), 3).to_string())?;
    }
    if let Some(reason) = samples.as_ref().and_then(|samples| samples.inferred.as_ref()) {
        output::print(&format!("input: {}", printable(reason)))?;
    }
    output::print(&inspect::layers(model)?)?;
    // What the user did not ask for but should know.
    for (node, note) in notes {
        output::print(&format!("note: {}: {note}", printable(node)))?;
    }
    if let Some(inserted) = inserted {
        output::print(&insert::table(inserted))?;
    }
    if let Some(widths) = widths {
        output::print(&widths_of(widths))?;
    }
    if let Some(rounding) = &rounding {
        output::print(&costs(rounding))?;
    }
    output::print(&format!("model: {}", args.output.display()))
}

/// The table of widths that were found.
fn widths_of(widths: &Widths) -> String {
    let rows = widths.layers.iter().map(|(layer, bits)| [printable(layer), bits.to_string()]);
    let table = output::table(["layer", "bits of a weight"], rows.collect(), 2);
    format!(
        "{table}\nweights: accuracy {:.2} % → {:.2} %, classes changed {} of {}, {} sets of widths tried",
        100.0 * widths.accuracy_before,
        100.0 * widths.accuracy,
        widths.classes_changed,
        widths.samples,
        widths.tried
    )
}

/// The table of what rounding costs.
fn costs(rounding: &Rounding) -> String {
    let percent =
        |accuracy: Option<f64>| accuracy.map_or_else(String::new, |a| format!("{:.2} %", 100.0 * a));
    let mut rows = vec![["float weights".to_owned(), String::new(), percent(rounding.accuracy_before)]];
    rows.extend(rounding.layers.iter().map(|change| {
        let name = match &change.layer {
            Some(layer) => format!("{} to {} bits", printable(layer), rounding.bits),
            None => format!("all of them to {} bits", rounding.bits),
        };
        let changed = format!("{} of {}", change.classes_changed, rounding.samples);
        [name, changed, percent(change.accuracy)]
    }));
    output::table(["weights", "classes changed", "accuracy"], rows, 3).to_string()
}
