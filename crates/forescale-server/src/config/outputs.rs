//! `[target.outputs]`: who is handed the plan of a target.

use serde::Deserialize;

use super::target::Mode;
use super::values::TargetName;

/// Who is handed the plan of a target; everybody when absent, and files only where they are named.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Outputs {
    /// Whether KEDA's external scaler gets it.
    pub keda: bool,
    /// Whether `scale_replicas` stands in the metrics.
    pub metrics: bool,
    /// The webhooks that hear of this target, by name; all when absent.
    pub webhooks: Option<Vec<TargetName>>,
    /// Files that are written anew with every plan; read by the command behind the service.
    pub export: Vec<toml::Table>,
}

impl Default for Outputs {
    fn default() -> Self {
        Self { keda: true, metrics: true, webhooks: None, export: Vec::new() }
    }
}

impl Outputs {
    /// Whether the webhook called `name` hears of this target; one without a name hears of all that name none.
    pub fn tells(&self, name: Option<&TargetName>) -> bool {
        self.webhooks.as_ref().is_none_or(|named| name.is_some_and(|name| named.contains(name)))
    }

    /// What is wrong with them for a target in `mode` beside the webhooks called `known`, and the way out.
    pub(super) fn check(&self, mode: Mode, known: &[&TargetName]) -> Result<(), (String, String)> {
        let unknown = self.webhooks.iter().flatten().find(|name| !known.contains(name));
        if let Some(name) = unknown {
            let what = format!("there is no webhook called {name}");
            return Err((what, format!("give a [[webhook]] the name = \"{name}\"")));
        }
        let scales = |export: &&toml::Table| {
            export.get("to").and_then(toml::Value::as_str) != Some("openmetrics")
        };
        if mode == Mode::ForecastOnly && self.export.iter().any(|export| scales(&export)) {
            let what =
                "a target that is forecast-only gives no scaler a number, not by a file either";
            let hint = "set mode = \"floor\" or \"full\", or export to openmetrics only";
            return Err((what.to_owned(), hint.to_owned()));
        }
        Ok(())
    }
}
