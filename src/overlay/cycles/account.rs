//! Cycles in which the adders work, and what they wait for in the others.

use crate::hardware::{Adders, AddersPart};

/// Cycles of a sample, or of the mean of several. All but `total` add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account<T = u64> {
    /// All cycles.
    pub total: T,
    /// Cycles in which weights or levels are added.
    pub adding: T,
    /// Words without spikes, each of which takes a cycle.
    pub silent: T,
    /// Waits for rows that the engine has not completed.
    pub engine: T,
    /// Waits for rows of softmax, and for softmax to take scores.
    pub softmax: T,
    /// Waits for rows of the vector unit: LayerNorm, embedding, sums, neurons of sums.
    pub vector: T,
    /// Waits for weights from memory.
    pub memory: T,
    /// Sums that are complete, but those before them still fire.
    pub fire: T,
    /// Changes of the fire instruction: the last group of one has to leave before the next begins.
    pub change: T,
    /// Begins of rows and of instructions in fetch.
    pub fetch: T,
    /// Before the first event, and waits for the input.
    pub input: T,
    /// After the last event: the last chunk fires.
    pub end: T,
}

impl Account<u64> {
    /// Adds a sample.
    pub fn add(&mut self, other: &Self) {
        let sums = self.all_mut();
        for (sum, own) in sums.into_iter().zip(other.all()) {
            *sum += own;
        }
    }

    /// The mean of so many samples.
    pub fn mean(&self, samples: usize) -> Account<f64> {
        let [total, adding, silent, engine, softmax, vector, memory, fire, change, fetch, input, end] =
            self.all().map(|sum| sum as f64 / samples.max(1) as f64);
        Account { total, adding, silent, engine, softmax, vector, memory, fire, change, fetch, input, end }
    }

    fn all_mut(&mut self) -> [&mut u64; 12] {
        let Self { total, adding, silent, engine, softmax, vector, memory, fire, change, fetch, input, end } =
            self;
        [total, adding, silent, engine, softmax, vector, memory, fire, change, fetch, input, end]
    }
}

impl<T: Copy> Account<T> {
    fn all(&self) -> [T; 12] {
        let Self { total, adding, silent, engine, softmax, vector, memory, fire, change, fetch, input, end } =
            *self;
        [total, adding, silent, engine, softmax, vector, memory, fire, change, fetch, input, end]
    }

    /// The parts with their names, without the total.
    pub fn parts(&self) -> [(&'static str, T); 11] {
        let names = [
            "adding", "silent", "engine", "softmax", "vector", "memory", "fire", "change", "fetch", "input",
            "end",
        ];
        let [_, values @ ..] = self.all();
        std::array::from_fn(|n| (names[n], values[n]))
    }
}

impl From<Account<f64>> for Adders {
    fn from(account: Account<f64>) -> Self {
        let hidden = account.adding + account.silent;
        // Only machines whose weights come from memory wait for it.
        let there = |&(what, cycles): &(&str, f64)| what != "memory" || cycles > 0.0;
        let parts = account.parts().into_iter().filter(there);
        Self {
            cycles: account.total,
            unhidden: if account.total > 0.0 { 1.0 - hidden / account.total } else { 0.0 },
            parts: parts.map(|(what, cycles)| AddersPart { what: what.to_owned(), cycles }).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Adders};

    #[test]
    fn parts_have_their_names() {
        let account = Account {
            total: 66,
            adding: 1,
            silent: 2,
            engine: 3,
            softmax: 4,
            vector: 5,
            memory: 11,
            fire: 6,
            change: 7,
            fetch: 8,
            input: 9,
            end: 10,
        };
        assert_eq!(account.parts().map(|(_, cycles)| cycles), [1, 2, 3, 4, 5, 11, 6, 7, 8, 9, 10]);
        assert_eq!(account.parts()[7].0, "change");
        let mut sum = account;
        sum.add(&account);
        let mean = sum.mean(2);
        assert_eq!((mean.total, mean.end), (66.0, 10.0));
        let adders = Adders::from(mean);
        assert!((adders.unhidden - 63.0 / 66.0).abs() < 1e-12);
        assert_eq!((adders.cycles, adders.parts[0].cycles), (66.0, 1.0));
        assert_eq!(Adders::from(Account::<f64>::default()).unhidden, 0.0);
    }
}
