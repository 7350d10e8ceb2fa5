//! What KEDA does while a trigger fails.
//!
//! Source: KEDA `pkg/fallback/fallback.go` (facts restated).

/// The behaviours of a fallback, by the names that KEDA gives them.
pub(crate) const BEHAVIORS: &[&str] =
    &["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"];

/// Replicas that hold while `failures` exceed `threshold`; none before that.
pub(crate) fn replicas(
    behavior: &str,
    failures: u32,
    threshold: u32,
    replicas: u32,
    current: u32,
) -> Option<u32> {
    (failures > threshold).then(|| match behavior {
        "currentReplicas" => current,
        "currentReplicasIfHigher" => replicas.max(current),
        "currentReplicasIfLower" => replicas.min(current),
        _ => replicas,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_after_the_threshold_and_knows_four_ways() {
        assert_eq!(replicas("static", 3, 3, 10, 4), None);
        for (behavior, current, held) in [
            ("static", 4, 10),
            ("currentReplicas", 4, 4),
            ("currentReplicasIfHigher", 4, 10),
            ("currentReplicasIfHigher", 14, 14),
            ("currentReplicasIfLower", 4, 4),
            ("currentReplicasIfLower", 14, 10),
        ] {
            assert_eq!(replicas(behavior, 4, 3, 10, current), Some(held), "{behavior}");
        }
    }
}
