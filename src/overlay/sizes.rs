//! The sizes of machines: what a network needs against what a machine has, the largest of several networks, whole blocks.

use super::isa::{Fetch, Fire, Vector};
use super::machine::Machine;
use super::options::Options;
use super::stream::External;
use crate::error::{Error, Result};
use crate::integer::LayerNorm;

/// What a size bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Bits of a number.
    Width,
    /// Words of a memory.
    Depth,
    /// Instructions of a list, with so many words each.
    List(usize),
    /// What a counter counts.
    Count,
    /// Another number.
    Number,
    /// Whether something is there.
    Flag,
}

/// A size of a machine.
struct Size {
    name: &'static str,
    kind: Kind,
    get: fn(&Machine) -> u64,
    set: fn(&mut Machine, u64),
}

macro_rules! sizes {
    ($($kind:expr, $($field:ident).+, $name:literal;)*) => {
        &[$(Size {
            name: $name,
            kind: $kind,
            get: |m| Value::get(&m.$($field).+),
            set: |m, value| Value::set(&mut m.$($field).+, value),
        }),*]
    };
}

/// A number or a flag.
trait Value {
    fn get(&self) -> u64;
    fn set(&mut self, value: u64);
}

impl Value for u32 {
    fn get(&self) -> u64 {
        u64::from(*self)
    }

    fn set(&mut self, value: u64) {
        *self = Self::try_from(value).unwrap_or(Self::MAX);
    }
}

impl Value for usize {
    fn get(&self) -> u64 {
        *self as u64
    }

    fn set(&mut self, value: u64) {
        *self = Self::try_from(value).unwrap_or(Self::MAX);
    }
}

impl Value for bool {
    fn get(&self) -> u64 {
        u64::from(*self)
    }

    fn set(&mut self, value: u64) {
        *self = value != 0;
    }
}

/// All sizes but those of [`Options`].
const SIZES: &[Size] = sizes! {
    Kind::Number, input.count, "elements of a sample";
    Kind::Width, input.element_bits, "bits of an element";
    Kind::Width, input.value_width, "bits of an element less the zero point";
    Kind::Number, input.rows, "rows of the input";
    Kind::Number, input.channels, "channels of the input";
    Kind::Width, input.steps, "bits of the magnitude of an element";
    Kind::Flag, input.ordered, "another order of the elements";
    Kind::Flag, input.raw, "raw elements that are read";
    Kind::Number, input.open, "rows of the input that are begun";
    Kind::Width, weight_width, "bits of a weight";
    Kind::Depth, weight_depth, "words of weights";
    Kind::Number, bus_width, "bits of a beat of weights from memory";
    Kind::Number, memory_ports, "ports to memory";
    Kind::Width, operand_width, "bits of an operand";
    Kind::Depth, operand_depth, "words of operands";
    Kind::Flag, gates, "products element by element";
    Kind::Number, operand_elements, "elements of a row of operands";
    Kind::Width, acc_width, "bits of an accumulated sum";
    Kind::Width, fraction, "fraction bits of membranes";
    Kind::Width, theta_width, "bits of a threshold";
    Kind::Width, start_width, "bits of a start value";
    Kind::Width, membrane_width, "bits of a membrane";
    Kind::Depth, threshold_depth, "words of thresholds";
    Kind::Width, level_bits, "bits of a level";
    Kind::Flag, negative, "negative spikes";
    Kind::Flag, ragged, "neurons of scores beyond the last token";
    Kind::Width, piece_width, "bits of a threshold of a table of levels";
    Kind::Depth, piece_depth, "words of tables of levels";
    Kind::Depth, lif_depth, "words of membranes of IF and LIF neurons";
    Kind::Width, lif_width, "bits of a membrane of IF and LIF neurons";
    Kind::Width, current_width, "bits of a synaptic current";
    Kind::Width, leak_shift, "bits of a leak";
    Kind::Width, max_steps, "local time-steps of neurons";
    Kind::Count, progress, "rows of a unit in a sample";
    Kind::Flag, accumulates, "engine sums that are added to";
    Kind::Flag, adds, "sums of sums";
    Kind::Flag, embeds, "tables of rows";
    Kind::Flag, masks, "masks";
    Kind::Flag, norms, "LayerNorm";
    Kind::Flag, uncentred, "LayerNorm without the mean";
    Kind::Flag, bands, "masks by position";
    Kind::Flag, sum_neurons, "neurons of sums";
    Kind::Flag, sends, "a readout of sums";
    Kind::Flag, elements, "elements that are added to sums";
    Kind::Depth, spike_depth, "words of spikes";
    Kind::Depth, sign_depth, "words of signs";
    Kind::Width, sum_width, "bits of a sum";
    Kind::Depth, sum_depth, "words of sums";
    Kind::Width, value_width, "bits of an element of the serial path";
    Kind::Width, coefficient_width, "bits of a coefficient";
    Kind::Depth, start_depth, "words of start values";
    Kind::Number, streamed_starts, "start values with the weights";
    Kind::Depth, coefficient_depth, "words of coefficients";
    Kind::Width, gamma_width, "bits of a factor of LayerNorm";
    Kind::Width, beta_width, "bits of an offset of LayerNorm";
    Kind::Width, norm_fraction, "fraction bits of LayerNorm";
    Kind::Width, square_width, "bits of the sum of squares of LayerNorm";
    Kind::Width, epsilon_width, "bits of epsilon of LayerNorm";
    Kind::Number, max_channels, "channels of a row of sums";
    Kind::Depth, constant_depth, "words of constants of LayerNorm";
    Kind::Width, neuron_fraction, "fraction bits of neurons of sums";
    Kind::Width, neuron_theta_width, "bits of a threshold of neurons of sums";
    Kind::Width, exp_width, "bits of an exponential";
    Kind::Depth, exp_depth, "words of exponentials";
    Kind::Width, exp_sum_width, "bits of a sum of exponentials";
    Kind::Width, scale_width, "bits of the scale of softmax";
    Kind::Width, scale_fraction, "fraction bits of the scale of softmax";
    Kind::Number, max_group, "scores of a group";
    Kind::Number, mask_depth, "elements that are masked";
    Kind::Width, row_value_width, "bits of a value of row fire";
    Kind::Width, row_theta_width, "bits of a threshold of row fire";
    Kind::Width, row_level_bits, "bits of a level of row fire";
    Kind::Width, row_max_steps, "local time-steps of row fire";
    Kind::Width, table_width, "bits of an entry of a table of rows";
    Kind::Depth, table_depth, "entries of tables of rows";
    Kind::List(Fetch::WORDS), fetch_count, "fetch instructions";
    Kind::List(Fire::WORDS), fire_count, "fire instructions";
    Kind::List(Vector::WORDS), vector_count, "vector instructions";
    Kind::Count, max_rows, "rows of an instruction";
    Kind::Count, max_fetch_steps, "local time-steps of a source";
    Kind::Count, max_segments, "segments or taps";
    Kind::Depth, window_depth, "words of the window table";
    Kind::Width, pool_width, "bits of a level of which the largest is taken";
    Kind::Count, max_outer, "outer chunks";
    Kind::Count, max_inner, "inner chunks";
    Kind::Count, max_groups, "groups of a row";
    Kind::Count, max_chunks, "chunks of a row";
    Kind::Number, readout.classes, "logits";
    Kind::Number, readout.channels, "channels of the readout";
    Kind::Width, readout.multiplier_width, "bits of a multiplier of the readout";
    Kind::Width, readout.value_width, "bits of a result";
};

/// What a network needs and a machine does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lack {
    /// Of which size.
    pub name: &'static str,
    /// What the network needs.
    pub needed: u64,
    /// What is there.
    pub there: u64,
}

impl Machine {
    /// What is larger than in `machine`.
    pub(super) fn lacks(&self, machine: &Self) -> Vec<Lack> {
        let lack = |size: &Size| {
            let (needed, there) = ((size.get)(self), (size.get)(machine));
            (needed > there).then_some(Lack { name: size.name, needed, there })
        };
        SIZES.iter().filter_map(lack).collect()
    }

    /// The larger one of each size.
    #[must_use]
    pub(super) fn union(mut self, other: &Self) -> Self {
        for size in SIZES {
            let most = (size.get)(&self).max((size.get)(other));
            (size.set)(&mut self, most);
        }
        self
    }

    /// A machine for networks of at most these sizes: counters count what their bits can, memories have whole blocks, and
    /// nothing is left of a single network.
    #[must_use]
    pub(super) fn loadable(&self) -> Self {
        let mut machine = Self {
            lanes: self.lanes,
            spikes: self.spikes,
            fire_lanes: self.fire_lanes,
            fetch_width: self.fetch_width,
            row_lanes: self.row_lanes,
            ..Self::default()
        };
        machine.narrow(self);
        for size in SIZES {
            let value = (size.get)(self);
            let own = match size.kind {
                Kind::Width | Kind::Number | Kind::Flag => value,
                Kind::Depth => blocks(value),
                Kind::List(words) => blocks(value * words as u64) / words as u64,
                Kind::Count => (value + 1).next_power_of_two() - 1,
            };
            (size.set)(&mut machine, own);
        }
        machine
    }

    /// Takes over what only machines have whose networks all allow it.
    pub(super) fn narrow(&mut self, other: &Self) {
        (self.input.direct, self.shared_theta) = (other.input.direct, other.shared_theta);
        self.root_fraction = other.root_fraction;
    }

    /// Fraction bits of the roots of LayerNorm of a machine for networks of both.
    ///
    /// # Errors
    /// If they differ: the integers of a network have those that it was lowered with.
    pub(super) fn common_root_fraction(&self, other: &Self) -> Result<u32> {
        match (self.norms, other.norms) {
            (true, true) if self.root_fraction != other.root_fraction => Err(Error::input(format!(
                "the roots of LayerNorm have {} fraction bits in one network or machine and {} in another",
                self.root_fraction, other.root_fraction
            ))
            .fix("build a machine for each of them")),
            (true, _) => Ok(self.root_fraction),
            (false, _) => Ok(other.root_fraction),
        }
    }

    /// What a network does not allow that the machine has.
    pub(super) fn forbids(&self, machine: &Self) -> Option<&'static str> {
        if machine.input.direct && !self.input.direct {
            Some("elements in this order do not become spikes as they come")
        } else if machine.shared_theta && !self.shared_theta {
            Some("neurons of a group have different thresholds")
        } else {
            None
        }
    }

    /// Where its weights come from, if that is memory.
    pub(super) fn external(&self) -> Option<External> {
        let ring = Some(self.weight_depth);
        let ports = self.ports();
        (self.bus_width > 0).then_some(External { bus: self.bus_width / ports, ports, ring })
    }

    /// Whether it is one that [`Self::loadable`] gives, with the lanes of `options`.
    pub(super) fn is_sound(&self, options: &Options) -> bool {
        let small = |size: &Size| {
            let most = match size.kind {
                Kind::Width => 512,
                Kind::Flag => 1,
                Kind::Depth | Kind::List(_) | Kind::Count | Kind::Number => 1 << 28,
            };
            (size.get)(self) <= most
        };
        let own = (self.lanes, self.spikes, self.fire_lanes, self.fetch_width, self.row_lanes);
        let least = [self.input.count, self.fetch_count, self.fire_count, self.readout.classes];
        let widths = [self.weight_width, self.acc_width, self.level_bits, self.input.value_width];
        SIZES.iter().all(small)
            && own
                == (options.lanes, options.spikes, options.fire_lanes, options.fetch_width, options.row_lanes)
            && least.iter().all(|&n| n > 0)
            && widths.iter().all(|&n| n > 0)
            && self.root_fraction <= LayerNorm::MOST_ROOT_FRACTION
            && matches!(self.input.element_bits, 8 | 16)
            && (self.bus_width == 0 || self.external().is_some_and(|external| external.check().is_ok()))
    }
}

/// Words of a memory that take no more blocks: 32 in look-up tables, 512 in block memory.
fn blocks(words: u64) -> u64 {
    if words <= 64 { words.next_multiple_of(32) } else { words.next_multiple_of(512) }
}

#[cfg(test)]
mod tests {
    use super::{Kind, SIZES};
    use crate::overlay::Machine;

    #[test]
    fn every_size_counts() {
        for size in SIZES {
            let mut one = Machine::default();
            (size.set)(&mut one, 1);
            let lacks = one.lacks(&Machine::default());
            assert_eq!(lacks.iter().map(|lack| lack.name).collect::<Vec<_>>(), [size.name]);
            assert_eq!(one.lacks(&Machine::default().union(&one)), []);
            let more = one.loadable();
            assert_eq!(one.lacks(&more), [], "{}", size.name);
            if size.kind == Kind::Depth {
                assert_eq!((size.get)(&more), 32);
            }
        }
        let names: std::collections::BTreeSet<&str> = SIZES.iter().map(|size| size.name).collect();
        assert_eq!(names.len(), SIZES.len());
        // A field that is not a size is one of the options, or belongs to one network. Fields that are 0 may be left out.
        let mut all = Machine::default();
        SIZES.iter().for_each(|size| (size.set)(&mut all, 1));
        let fields = serde_json::to_value(all).expect("JSON");
        let count = |value: &serde_json::Value| value.as_object().map_or(0, serde_json::Map::len);
        let own = count(&fields) - 2 + count(&fields["input"]) + count(&fields["readout"]);
        assert_eq!(own, SIZES.len());
    }
}
