//! IF, LIF, CubaLIF and Threshold: from time constants to what happens in a time-step, by the forward Euler method.

use super::file::RawNode;
use super::{Neurons, Options};
use crate::error::{Error, Result};
use crate::snn::Reset;

/// Parameters of neurons in a time-step, one for all or one for each.
///
/// ```text
/// i ← α·i + gain·x   (if there is a synapse; otherwise i = gain·x)
/// v ← β·v + i + drive
/// ```
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameters {
    /// Number of neurons that the arrays are for; none if all are scalars.
    pub count: Option<usize>,
    pub threshold: Vec<f64>,
    pub leak: Vec<f64>,
    pub synapse: Vec<f64>,
    pub gain: Vec<f64>,
    pub drive: Vec<f64>,
    pub value: Vec<f64>,
    pub neurons: Neurons,
}

/// Parameters of one neuron.
#[derive(Clone, Copy, Debug, Default)]
struct One {
    threshold: f64,
    leak: f64,
    synapse: f64,
    gain: f64,
    drive: f64,
    value: f64,
}

/// From the numbers of a neuron to what happens in a time-step.
type Step = fn(&Read<'_>) -> Result<One, String>;

/// What a node of neurons does; `None` for other nodes.
///
/// # Errors
/// If a parameter is missing, does not fit the others, or has no meaning.
pub(super) fn parameters(node: &RawNode, options: &Options) -> Result<Option<Parameters>> {
    let neurons = options.neurons.unwrap_or(Neurons::ALL[0].1);
    // Numbers of the file, or the same for all neurons.
    let (names, read): (&[&str], Step) = match node.kind.as_str() {
        "IF" => (&["r", "v_threshold", "v_reset"], integrate),
        "LIF" => (&["tau", "r", "v_leak", "v_threshold", "v_reset"], leaky),
        "CubaLIF" => {
            (&["tau_mem", "tau_syn", "r", "v_leak", "v_threshold", "v_reset", "w_in"], current_based)
        }
        "Threshold" => (&["threshold"], threshold),
        _ => return Ok(None),
    };
    let (mut count, mut single) = (None, false);
    let mut arrays = Vec::new();
    for &name in names {
        let array = match name {
            "v_reset" | "w_in" => node.optional(name)?,
            _ => Some(node.array(name)?),
        };
        let Some(array) = array else { continue };
        single |= array.single;
        let len = array.values.len();
        if len != 1 && count.replace(len).is_some_and(|other| other != len) {
            return Err(Error::input(format!(
                "the parameter {name} has {len} elements, others have more or fewer"
            ))
            .fix("give all parameters of neurons the same extents"));
        }
        if len == 0 {
            return Err(Error::input(format!("the parameter {name} has no elements")));
        }
        arrays.push((name, array));
    }
    // Frameworks compute in single precision with the time-step in single precision.
    #[expect(clippy::cast_possible_truncation)]
    let dt = if single { f64::from(options.dt as f32) } else { options.dt };
    let mut all = Parameters {
        count,
        threshold: Vec::new(),
        leak: Vec::new(),
        synapse: Vec::new(),
        gain: Vec::new(),
        drive: Vec::new(),
        value: Vec::new(),
        neurons,
    };
    if node.kind == "Threshold" {
        // Without a memory nothing is left to reset.
        all.neurons = Neurons { reset: Reset::Never, ..neurons };
    }
    if node.kind == "CubaLIF" && !neurons.currents {
        return Err(Error::input("CubaLIF neurons of snnTorch (Synaptic) with the reset \"zero\" are not supported: the time-step after a spike adds no current to the membrane")
            .fix("train with reset_mechanism=\"subtract\" and convert with --neurons snntorch"));
    }
    for n in 0..count.unwrap_or(1) {
        let get = |wanted: &str| {
            let array = arrays.iter().find(|(name, _)| *name == wanted)?.1;
            Some(array.values[if array.values.len() == 1 { 0 } else { n }])
        };
        let read = read(&Read { get: &get, dt, single });
        let one = read.map_err(|problem| Error::input(problem).fix(FIX))?;
        all.threshold.push(one.threshold);
        all.leak.push(one.leak);
        all.gain.push(one.gain);
        all.drive.push(one.drive);
        all.value.push(one.value);
        if node.kind == "CubaLIF" {
            all.synapse.push(one.synapse);
        }
    }
    Ok(Some(all))
}

const FIX: &str = "check the time constants, and give the time-step that they were written for with --dt";

struct Read<'a> {
    get: &'a dyn Fn(&str) -> Option<f64>,
    dt: f64,
    /// Numbers have been in single precision.
    single: bool,
}

impl Read<'_> {
    fn of(&self, name: &str) -> f64 {
        (self.get)(name).unwrap_or(if name == "w_in" { 1.0 } else { 0.0 })
    }

    /// What is left after a time-step with this time constant, and the share of what comes.
    fn decay(&self, name: &str) -> Result<(f64, f64), String> {
        let tau = self.of(name);
        let share = self.dt / tau;
        if !(tau > 0.0 && share.is_finite() && share <= 1.0 + 1e-9) {
            return Err(format!("the time constant {name} = {tau} with time-steps of {}", self.dt));
        }
        let left = (1.0 - share).max(0.0);
        // Single precision does not tell a decay more exactly.
        const STEP: f64 = (1u64 << 24) as f64;
        Ok((if self.single { (left * STEP).round() / STEP } else { left }, share))
    }

    /// A factor that differs from 1 only because the file has single precision is 1.
    fn tidy(&self, factor: f64) -> f64 {
        let near = if self.single { 2f64.powi(-22) } else { 2f64.powi(-50) };
        if (factor - 1.0).abs() <= near { 1.0 } else { factor }
    }
}

/// `v ← v + dt·r·x`.
fn integrate(read: &Read<'_>) -> Result<One, String> {
    let gain = read.tidy(read.dt * read.of("r"));
    let (threshold, value) = (read.of("v_threshold"), read.of("v_reset"));
    Ok(One { threshold, leak: 1.0, gain, value, ..One::default() })
}

/// `v ← v + dt/tau·(v_leak − v + r·x)`.
fn leaky(read: &Read<'_>) -> Result<One, String> {
    let (leak, share) = read.decay("tau")?;
    let gain = read.tidy(share * read.of("r"));
    let drive = share * read.of("v_leak");
    Ok(One {
        threshold: read.of("v_threshold"),
        leak,
        gain,
        drive,
        value: read.of("v_reset"),
        ..One::default()
    })
}

/// `i ← i + dt/tau_syn·(w_in·x − i)`, then `v ← v + dt/tau_mem·(v_leak − v + r·i)`.
fn current_based(read: &Read<'_>) -> Result<One, String> {
    let (synapse, arrives) = read.decay("tau_syn")?;
    let (leak, share) = read.decay("tau_mem")?;
    if read.of("v_leak") != 0.0 {
        return Err("neurons with a synapse and a v_leak that is not 0 are not supported".to_owned());
    }
    let gain = read.tidy(read.tidy(arrives * read.of("w_in")) * read.tidy(share * read.of("r")));
    Ok(One { threshold: read.of("v_threshold"), leak, synapse, gain, drive: 0.0, value: read.of("v_reset") })
}

/// No memory.
fn threshold(read: &Read<'_>) -> Result<One, String> {
    Ok(One { threshold: read.of("threshold"), gain: 1.0, ..One::default() })
}
