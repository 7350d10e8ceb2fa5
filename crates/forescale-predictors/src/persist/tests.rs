//! What holds for every fit that is read from bytes, whoever wrote them.

use std::sync::LazyLock;

use forescale_core::{FittedPredictor, Forecast, History, Horizon, Quantiles};
use proptest::prelude::*;

use super::changes::{changed, changes, config};
use crate::testing::{Noise, history, options};
use crate::{PREDICTORS, load};

/// Steps of a forecast: beyond a day, so that each range of horizons takes part.
const STEPS: usize = 30;

/// Five days of hours, and what each predictor learned of them, as bytes.
struct Learned {
    history: History,
    fits: Vec<(&'static str, Vec<u8>)>,
}

static LEARNED: LazyLock<Learned> = LazyLock::new(|| {
    let mut noise = Noise::new(5);
    let load = |hour: usize| 40.0 + 3.0 * (hour % 24) as f64 + noise.next();
    let history = history(3_600, &(0..5 * 24).map(load).collect::<Vec<_>>());
    let fits = PREDICTORS.iter().map(|row| {
        let fitted = (row.create)().fit(&history, &options(STEPS));
        (row.name, fitted.expect("five days are enough").to_bytes())
    });
    Learned { fits: fits.collect(), history }
});

fn forecast(fitted: &dyn FittedPredictor) -> Option<Forecast> {
    let horizon = Horizon::new(STEPS).unwrap();
    fitted.predict(&LEARNED.history, horizon, &Quantiles::standard()).ok()
}

#[test]
fn what_is_read_is_written_again_byte_for_byte() {
    for (name, bytes) in &LEARNED.fits {
        let fitted = load(name, bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(fitted.to_bytes() == *bytes, "{name}");
        assert!(forecast(fitted.as_ref()).is_some(), "{name}");
    }
}

proptest! {
    #![proptest_config(config())]

    /// A fit is refused, or it forecasts, or it says why it cannot; it neither panics nor goes on for ever.
    #[test]
    fn a_changed_fit_is_refused_or_forecasts(changes in changes()) {
        for (name, bytes) in &LEARNED.fits {
            let Ok(fitted) = load(name, &changed(bytes, &changes)) else { continue };
            prop_assert!(load(name, &fitted.to_bytes()).is_ok(), "{} cannot be read again", name);
            fitted.importances();
            let Some(forecast) = forecast(fitted.as_ref()) else { continue };
            prop_assert_eq!(forecast.steps(), STEPS);
            let mut rows = (0..STEPS).map(|h| forecast.row(h));
            let sound = rows.all(|row| row.is_sorted() && row.iter().all(|load| load.is_finite()));
            prop_assert!(sound, "{}", name);
        }
    }
}
