//! The network that says what an action is worth, as JSON that a person can read.
//!
//! Layers one after the other, `max(0, x W + b)` between them and nothing behind the last. Only additions and
//! multiplications in a fixed order, so that every machine comes to the same decision.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::policies::dqn::state::{ACTIONS, INPUTS};

/// A longer text is refused before it is read: a net of the largest size is shorter.
const LONGEST: usize = 1 << 20;

/// Most values of a layer.
pub const WIDEST: usize = 64;

/// Most layers.
const DEEPEST: usize = 4;

/// A larger weight is taken for damage; it would drown every other.
const HEAVIEST: f32 = 1e4;

/// What the text begins with.
const FORMAT: &str = "forescale-dqn-1";

/// A net that cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NetError {
    /// A text longer than any net.
    #[error("a net should have at most {LONGEST} bytes, but has {0}")]
    Long(usize),
    /// No JSON, or not with the fields of a net.
    #[error("the net cannot be read: {0}")]
    Form(String),
    /// Another version of the format.
    #[error("the format of a net should be \"{FORMAT}\", but is {0:?}")]
    Format(String),
    /// Inputs or actions of another version.
    #[error("the {what} of a net should be {expected}, but are {got}")]
    Names {
        /// Inputs or actions.
        what: &'static str,
        /// Those of this version.
        expected: String,
        /// Those of the net.
        got: String,
    },
    /// Too few or too many layers.
    #[error("a net should have 1 to {DEEPEST} layers, but has {0}")]
    Depth(usize),
    /// A layer that does not fit to the one before it.
    #[error("{what} of layer {layer} should have {expected} values, but has {got}")]
    Shape {
        /// What has another size.
        what: &'static str,
        /// The layer, from 1 on.
        layer: usize,
        /// Values it should have.
        expected: String,
        /// Values it has.
        got: usize,
    },
    /// A weight that is no number or too large.
    #[error(
        "weights should be from -{HEAVIEST} to {HEAVIEST}, but one of layer {layer} is {weight}"
    )]
    Weight {
        /// The layer, from 1 on.
        layer: usize,
        /// The weight.
        weight: f32,
    },
}

/// One layer: a row of weights for each input, and a bias for each output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// What each input adds to each output.
    pub weights: Vec<Vec<f32>>,
    /// What is added to each output.
    pub bias: Vec<f32>,
}

/// Layers whose sizes fit, from [`INPUTS`] to [`ACTIONS`].
#[derive(Debug, Clone, PartialEq)]
pub struct Net {
    layers: Vec<Layer>,
}

/// A net as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    inputs: Vec<String>,
    actions: Vec<String>,
    layers: Vec<Layer>,
}

impl Net {
    /// The net of these layers.
    ///
    /// # Errors
    /// [`NetError`] names the layer that does not fit.
    pub fn new(layers: Vec<Layer>) -> Result<Self, NetError> {
        if !(1..=DEEPEST).contains(&layers.len()) {
            return Err(NetError::Depth(layers.len()));
        }
        let mut before = INPUTS.len();
        for (i, layer) in layers.iter().enumerate() {
            layer.check(i + 1, before, i + 1 == layers.len())?;
            before = layer.bias.len();
        }
        Ok(Self { layers })
    }

    /// Reads what [`Net::to_json`] writes. It holds no more memory than the text is long.
    ///
    /// # Errors
    /// [`NetError`] says what is no net of this version.
    ///
    /// ```
    /// use forescale_plan::policies::dqn::{Dqn, Net};
    /// let net = Net::from_json(&Dqn::shipped().to_json())?;
    /// assert_eq!(&net, Dqn::shipped());
    /// assert!(Net::from_json("{}").is_err());
    /// # Ok::<(), forescale_plan::policies::dqn::NetError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Self, NetError> {
        if text.len() > LONGEST {
            return Err(NetError::Long(text.len()));
        }
        let written: Written =
            serde_json::from_str(text).map_err(|error| NetError::Form(error.to_string()))?;
        if written.format != FORMAT {
            return Err(NetError::Format(written.format));
        }
        same("inputs", &INPUTS.map(str::to_owned), &written.inputs)?;
        same("actions", &ACTIONS.map(|action| action.name()), &written.actions)?;
        Self::new(written.layers)
    }

    /// The net as JSON, one line for each row of weights.
    pub fn to_json(&self) -> String {
        let list = |names: Vec<String>| format!("[\"{}\"]", names.join("\", \""));
        let inputs = list(INPUTS.map(str::to_owned).to_vec());
        let actions = list(ACTIONS.map(|action| action.name()).to_vec());
        let layers: Vec<String> = self.layers.iter().map(Layer::to_json).collect();
        let layers = layers.join(",\n");
        format!(
            "{{\n\"format\": \"{FORMAT}\",\n\"inputs\": {inputs},\n\"actions\": {actions},\n\"layers\": [\n{layers}\n]\n}}\n"
        )
    }

    /// Its layers, the first one first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What every action is worth in a state.
    pub fn values(&self, inputs: &[f32; INPUTS.len()]) -> [f32; ACTIONS.len()] {
        let (mut from, mut to) = ([0.0; WIDEST], [0.0; WIDEST]);
        from[..inputs.len()].copy_from_slice(inputs);
        for (i, layer) in self.layers.iter().enumerate() {
            let out = &mut to[..layer.bias.len()];
            layer.apply(&from, out);
            if i + 1 < self.layers.len() {
                out.iter_mut().for_each(|value| *value = value.max(0.0));
            }
            std::mem::swap(&mut from, &mut to);
        }
        let mut values = [0.0; ACTIONS.len()];
        values.copy_from_slice(&from[..ACTIONS.len()]);
        values
    }

    /// The action that is worth most in a state; of equals the first.
    pub fn best(&self, inputs: &[f32; INPUTS.len()]) -> usize {
        let values = self.values(inputs);
        (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
    }
}

impl Layer {
    /// `x W + b`; `x` may be longer than the layer needs.
    pub fn apply(&self, x: &[f32], out: &mut [f32]) {
        out.copy_from_slice(&self.bias);
        for (x, row) in x.iter().zip(&self.weights) {
            out.iter_mut().zip(row).for_each(|(out, weight)| *out += x * weight);
        }
    }

    fn check(&self, layer: usize, inputs: usize, is_last: bool) -> Result<(), NetError> {
        let shape =
            |what, expected: String, got| Err(NetError::Shape { what, layer, expected, got });
        let outputs = self.bias.len();
        let fits = if is_last { outputs == ACTIONS.len() } else { (1..=WIDEST).contains(&outputs) };
        if !fits {
            let expected =
                if is_last { ACTIONS.len().to_string() } else { format!("1 to {WIDEST}") };
            return shape("the bias", expected, outputs);
        }
        if self.weights.len() != inputs {
            return shape("the rows", inputs.to_string(), self.weights.len());
        }
        if let Some(row) = self.weights.iter().find(|row| row.len() != outputs) {
            return shape("a row", outputs.to_string(), row.len());
        }
        let light = |weight: &&f32| !(-HEAVIEST..=HEAVIEST).contains(*weight);
        match self.weights.iter().flatten().chain(&self.bias).find(light) {
            Some(weight) => Err(NetError::Weight { layer, weight: *weight }),
            None => Ok(()),
        }
    }

    fn to_json(&self) -> String {
        let row = |row: &Vec<f32>| {
            let numbers: Vec<String> = row.iter().map(f32::to_string).collect();
            format!("[{}]", numbers.join(","))
        };
        let rows: Vec<String> = self.weights.iter().map(row).collect();
        format!("{{\"weights\": [\n{}\n],\n\"bias\": {}}}", rows.join(",\n"), row(&self.bias))
    }
}

fn same(what: &'static str, expected: &[String], got: &[String]) -> Result<(), NetError> {
    if expected == got {
        return Ok(());
    }
    Err(NetError::Names { what, expected: expected.join(", "), got: got.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `INPUTS → 2 → ACTIONS`: the first unit is the first input, the second its negative, and actions are worth these.
    fn net(first: [f32; ACTIONS.len()], second: [f32; ACTIONS.len()]) -> Net {
        let mut weights = vec![vec![0.0; 2]; INPUTS.len()];
        weights[0] = vec![1.0, -1.0];
        let hidden = Layer { weights, bias: vec![0.0, 0.0] };
        let weights = vec![first.to_vec(), second.to_vec()];
        Net::new(vec![hidden, Layer { weights, bias: vec![0.5; ACTIONS.len()] }]).unwrap()
    }

    #[test]
    fn values_are_the_weighted_sums_of_what_is_positive() {
        let (mut first, mut second) = ([0.0; ACTIONS.len()], [0.0; ACTIONS.len()]);
        (first[2], second[3]) = (2.0, 3.0);
        let net = net(first, second);
        let mut inputs = [0.0; INPUTS.len()];
        inputs[0] = 1.5;
        assert_eq!(
            (net.values(&inputs)[2], net.values(&inputs)[3], net.best(&inputs)),
            (3.5, 0.5, 2)
        );
        inputs[0] = -1.0;
        assert_eq!(
            (net.values(&inputs)[2], net.values(&inputs)[3], net.best(&inputs)),
            (0.5, 3.5, 3)
        );
        assert_eq!(net.best(&[0.0; INPUTS.len()]), 0);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let net = net([0.1234; ACTIONS.len()], [-1e-4; ACTIONS.len()]);
        assert_eq!(Net::from_json(&net.to_json()), Ok(net));
    }

    #[test]
    fn a_damaged_net_is_refused() {
        let good = net([0.25; ACTIONS.len()], [0.75; ACTIONS.len()]).to_json();
        for (from, to, message) in [
            ("forescale-dqn-1", "forescale-dqn-9", "the format of a net should be"),
            ("\"hold\"", "\"jump\"", "the actions of a net should be hold, "),
            ("\"busy\"", "\"lazy\"", "the inputs of a net should be busy, "),
            ("0.25", "1e39", "one of layer 2 is inf"),
            ("0.25", "null", "the net cannot be read: "),
            ("[1,-1]", "[1,-1,0]", "a row of layer 1 should have 2 values, but has 3"),
            ("[1,-1],", "", "the rows of layer 1 should have"),
            ("\"bias\": [0,0]", "\"bias\": []", "the bias of layer 1 should have 1 to 64 values"),
            ("\"layers\"", "\"layer\"", "the net cannot be read: "),
        ] {
            let damaged = good.replacen(from, to, 1);
            assert_ne!(damaged, good, "{from}");
            let error = Net::from_json(&damaged).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert_eq!(Net::new(Vec::new()), Err(NetError::Depth(0)));
        assert_eq!(Net::from_json(&"[".repeat(LONGEST + 1)), Err(NetError::Long(LONGEST + 1)));
        for end in 0..good.len() - 2 {
            assert!(Net::from_json(&good[..end]).is_err());
        }
    }
}
