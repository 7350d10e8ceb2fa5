//! An outlook with known probabilities, for the tests of policies.

use forescale_core::{Outlook, PredictError};

/// Every step is `base` and an exponential tail: `P(y > base + x) = e^(-x / scale)`.
#[derive(Debug)]
pub(crate) struct Exponential {
    pub(crate) base: f64,
    pub(crate) scale: f64,
}

impl Outlook for Exponential {
    fn quantile(&self, _: usize, _: usize, exceeded: f64) -> Result<f64, PredictError> {
        Ok(self.base - self.scale * exceeded.ln())
    }

    fn expected_error(&self, _: usize, _: usize) -> Result<f64, PredictError> {
        Ok(0.25)
    }
}
