//! Which tokens of a sample may be padding.

use serde::{Deserialize, Serialize};

/// What the padding of a sample of token ids must keep to, where positions are counted from the tokens: on other samples
/// the original model has other positions than this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule", content = "token", deny_unknown_fields)]
pub enum Padding {
    /// No token is this one: no mask leaves it out.
    Absent(i32),
    /// After a token that is this one, all others are.
    Last(i32),
}

impl Padding {
    /// Index of the first token of a sample that breaks the rule.
    pub fn broken_at(self, sample: &[i32]) -> Option<usize> {
        match self {
            Self::Absent(token) => sample.iter().position(|&q| q == token),
            Self::Last(token) => {
                let after = sample.iter().rposition(|&q| q != token)?;
                sample[..after].iter().position(|&q| q == token)
            }
        }
    }

    /// The rule in words.
    pub fn describe(self) -> String {
        match self {
            Self::Absent(token) => format!("no token may be {token}, the padding"),
            Self::Last(token) => format!("tokens {token}, the padding, may only be at the end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Padding;

    #[test]
    fn padding_is_found_where_it_may_not_be() {
        assert_eq!(Padding::Absent(1).broken_at(&[0, 5, 2]), None);
        assert_eq!(Padding::Absent(1).broken_at(&[0, 5, 1]), Some(2));
        assert_eq!(Padding::Last(1).broken_at(&[0, 5, 1, 1]), None);
        assert_eq!(Padding::Last(1).broken_at(&[1, 1]), None);
        assert_eq!(Padding::Last(1).broken_at(&[0, 1, 1, 5, 1]), Some(1));
        assert_eq!(Padding::Last(1).broken_at(&[]), None);
    }
}
