//! Banks of the memory of weights, as in `rtl/overlay/overlay_weights.sv`.

/// Words of each of the at most three banks of `depth` words. A bank of a power of two words needs no multiplexer behind
/// its blocks; few words, and those that nearly fill such a bank, stay together.
pub(crate) fn banks(depth: usize) -> Vec<usize> {
    let mut banks = Vec::new();
    let mut left = depth;
    while left > 0 {
        let power = left.next_power_of_two();
        let all = banks.len() == 2 || left <= 1024 || 4 * left > 3 * power;
        let bank = if all { left } else { power / 2 };
        banks.push(bank);
        left -= bank;
    }
    banks
}

#[cfg(test)]
mod tests {
    use super::banks;

    #[test]
    fn banks_hold_all_words() {
        for depth in 0..20_000 {
            let banks = banks(depth);
            assert_eq!(banks.iter().sum::<usize>(), depth);
            assert!(banks.len() <= 3);
        }
        assert_eq!(banks(1000), [1000]);
        assert_eq!(banks(2210), [2048, 162]);
        assert_eq!(banks(5500), [4096, 1024, 380]);
        assert_eq!(banks(7000), [7000]);
    }
}
