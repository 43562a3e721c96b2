//! Options of `convert` and `check` about the inputs of a model.

use std::str::FromStr;

use clap::Args as ClapArgs;

use crate::import::{Adjustments, Binding};

/// Extents and values of inputs.
#[derive(ClapArgs)]
pub struct GraphArgs {
    /// Extents of an input, the batch first: input_ids=1,128 fixes a dynamic sequence length.
    #[arg(long = "shape", value_name = "NAME=DIMS")]
    shapes: Vec<Named<Dims>>,
    /// What an input is that is not the data: a number everywhere, or padding:ID for an attention mask that is 0 where the
    /// token is ID.
    #[arg(long = "bind", value_name = "NAME=VALUE")]
    bindings: Vec<Named<Bound>>,
}

impl GraphArgs {
    /// What the options say.
    pub fn adjustments(&self) -> Adjustments {
        Adjustments {
            shapes: self.shapes.iter().map(|s| (s.name.clone(), s.value.0.clone())).collect(),
            bindings: self.bindings.iter().map(|b| (b.name.clone(), b.value.0.clone())).collect(),
        }
    }
}

/// `NAME=VALUE`
#[derive(Clone, Debug)]
struct Named<T> {
    name: String,
    value: T,
}

impl<T: FromStr<Err = String>> FromStr for Named<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('=') {
            Some((name, value)) if !name.is_empty() => {
                Ok(Self { name: name.to_owned(), value: value.parse()? })
            }
            _ => Err("the form is NAME=VALUE".into()),
        }
    }
}

/// Extents.
#[derive(Clone, Debug)]
struct Dims(Vec<i64>);

impl FromStr for Dims {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = |d: &str| {
            d.trim().parse::<i64>().ok().filter(|&d| d > 0).ok_or_else(|| format!("{d:?} is no extent"))
        };
        text.split([',', 'x']).map(one).collect::<Result<_, _>>().map(Self)
    }
}

/// A number, or `padding:ID`.
#[derive(Clone, Debug)]
struct Bound(Binding);

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<i64>().map_err(|_| format!("{text:?} is no integer"));
        match text.strip_prefix("padding:") {
            Some(id) => Ok(Self(Binding::NotToken(number(id)?))),
            None => Ok(Self(Binding::Number(number(text)?))),
        }
    }
}
