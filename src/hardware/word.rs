//! Words of memory images: fields packed from bit 0 upwards, printed for `$readmemh`.

/// A word under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Word {
    bits: Vec<bool>,
}

impl Word {
    /// Appends a field above the existing ones: the low `width` bits of the two's complement.
    pub fn push(&mut self, value: i128, width: u32) {
        self.bits.extend((0..width).map(|i| value >> i.min(127) & 1 == 1));
    }

    /// The word in hexadecimal digits, leading zeros included.
    pub fn hex(&self) -> String {
        let digit = |nibble: &[bool]| {
            let value = nibble.iter().rev().fold(0, |v, &bit| v << 1 | u32::from(bit));
            char::from_digit(value, 16).unwrap_or('x')
        };
        self.bits.chunks(4).rev().map(digit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn fields_from_the_low_end() {
        let mut word = Word::default();
        word.push(-1, 4);
        word.push(2, 3);
        word.push(-3, 8);
        // 11111101 010 1111
        assert_eq!(word.hex(), "7eaf");
        let mut wide = Word::default();
        wide.push(-2, 130);
        assert_eq!(wide.hex(), format!("3{}e", "f".repeat(31)));
        let mut single = Word::default();
        single.push(1, 1);
        assert_eq!(single.hex(), "1");
    }
}
