//! How many pods a metric asks for: the arithmetic of the horizontal pod autoscaler, in its integers.
//!
//! Source: Kubernetes `pkg/controller/podautoscaler/replica_calculator.go` and its tests (facts restated).

use crate::policies::rounding::ceil;

/// How far a ratio may be from 1 before anything happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Above 1.
    pub up: f64,
    /// Below 1.
    pub down: f64,
}

impl Tolerance {
    fn covers(&self, ratio: f64) -> bool {
        (1.0 - self.down..=1.0 + self.up).contains(&ratio)
    }
}

/// A metric of single pods and the value aimed at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PodMetric {
    /// Usage over request, in whole percent.
    Utilization(i64),
    /// Usage itself, in thousandths.
    Raw(i64),
}

/// Pods of one kind, with sums over them in thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub pods: u32,
    /// What they use.
    pub usage: i64,
    /// What they request.
    pub request: i64,
}

/// The pods of a deployment, as the autoscaler groups them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pods {
    /// They serve and report.
    pub ready: Group,
    /// They do not serve yet; what they use does not count.
    pub unready: Group,
    /// They report nothing.
    pub missing: Group,
}

/// Pods that the metric asks for when there are `current`; none when no pod reports.
///
/// Missing pods are taken for full on the way down and for idle on the way up, unready ones for idle on the way up, and
/// whatever turns the direction around changes nothing.
#[inline]
pub fn pod_replicas(
    current: u32,
    metric: PodMetric,
    pods: &Pods,
    tolerance: &Tolerance,
) -> Option<u32> {
    if pods.ready.pods == 0 {
        return None;
    }
    let first = ratio(metric, &pods.ready);
    let idle_start = pods.unready.pods > 0 && first > 1.0;
    if !idle_start && pods.missing.pods == 0 {
        let asked = ceil(first * f64::from(pods.ready.pods));
        return Some(if tolerance.covers(first) { current } else { asked });
    }
    let filled = filled(metric, pods, first, idle_start);
    let second = ratio(metric, &filled);
    let turned = (first < 1.0 && second > 1.0) || (first > 1.0 && second < 1.0);
    if tolerance.covers(second) || turned {
        return Some(current);
    }
    let asked = ceil(second * f64::from(filled.pods));
    let backwards = (second < 1.0 && asked > current) || (second > 1.0 && asked < current);
    Some(if backwards { current } else { asked })
}

/// Usage over what is aimed at. Whole percent and whole thousandths, as the autoscaler rounds them.
fn ratio(metric: PodMetric, group: &Group) -> f64 {
    match metric {
        PodMetric::Utilization(target) => {
            (group.usage * 100 / group.request.max(1)) as f64 / target as f64
        }
        PodMetric::Raw(target) => (group.usage / i64::from(group.pods)) as f64 / target as f64,
    }
}

/// The ready pods with those filled in that say nothing.
fn filled(metric: PodMetric, pods: &Pods, ratio: f64, idle_start: bool) -> Group {
    let mut all = pods.ready;
    if ratio != 1.0 {
        all.pods += pods.missing.pods;
        all.request += pods.missing.request;
    }
    if ratio < 1.0 {
        all.usage += match metric {
            PodMetric::Utilization(target) => pods.missing.request * target.max(100) / 100,
            PodMetric::Raw(target) => target * i64::from(pods.missing.pods),
        };
    }
    if idle_start {
        all.pods += pods.unready.pods;
        all.request += pods.unready.request;
    }
    all
}

/// Pods for a metric of the whole service, `Value` in Kubernetes: `ceil(ratio * ready)`, or `ceil(ratio)` from zero on.
pub fn value_replicas(
    current: u32,
    ready: u32,
    value: f64,
    target: f64,
    tolerance: &Tolerance,
) -> u32 {
    let ratio = value / target;
    match current {
        0 => ceil(ratio),
        _ if tolerance.covers(ratio) => current,
        _ => ceil(ratio * f64::from(ready)),
    }
}

/// Pods for a metric of the whole service that is shared among them, `AverageValue` in Kubernetes: `ceil(total / target)`.
pub fn average_replicas(current: u32, total: f64, target: f64, tolerance: &Tolerance) -> u32 {
    let ratio = total / (target * f64::from(current));
    if current > 0 && tolerance.covers(ratio) { current } else { ceil(total / target) }
}

/// The number that several metrics agree on: the largest, and no fewer than `current` while one of them fails.
///
/// ```
/// use forescale_plan::policies::hpa::largest;
/// assert_eq!(largest(5, [Some(3), Some(4)]), 4);
/// assert_eq!(largest(5, [Some(3), None]), 5);
/// assert_eq!(largest(5, [Some(8), None]), 8);
/// ```
pub fn largest(current: u32, proposals: impl IntoIterator<Item = Option<u32>>) -> u32 {
    let mut most = None;
    let mut failed = false;
    for proposal in proposals {
        failed |= proposal.is_none();
        most = most.max(proposal);
    }
    match most {
        Some(most) if !failed || most > current => most,
        _ => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: Tolerance = Tolerance { up: 0.1, down: 0.1 };

    fn group(pods: u32, usage: i64, request: i64) -> Group {
        Group { pods, usage, request }
    }

    /// Pods that request 1000 each: usage of the ready ones, then how many are unready and missing.
    fn cpu(usage: &[i64], unready: u32, missing: u32) -> Pods {
        let requested = |pods: u32| i64::from(pods) * 1_000;
        let ready = usage.len() as u32;
        Pods {
            ready: group(ready, usage.iter().sum(), requested(ready)),
            unready: group(unready, 0, requested(unready)),
            missing: group(missing, 0, requested(missing)),
        }
    }

    #[test]
    fn utilisation_follows_the_table() {
        // Usage of the ready pods, unready, missing, target in percent, pods now, pods asked for.
        let cases = [
            (vec![300, 500, 700], 0, 0, 30, 3, 5),
            (vec![500, 700], 1, 0, 30, 3, 4),
            (vec![400], 2, 0, 30, 3, 3),
            (vec![100, 300, 500, 250, 250], 0, 0, 50, 5, 3),
            (vec![100, 300, 500], 2, 0, 50, 5, 2),
            (vec![400, 95], 0, 2, 100, 4, 3),
            (vec![450], 1, 1, 50, 3, 3),
            (vec![2_000], 1, 1, 50, 3, 4),
            (vec![540, 540], 0, 0, 50, 2, 2),
        ];
        for (usage, unready, missing, target, current, asked) in cases {
            let pods = cpu(&usage, unready, missing);
            let found = pod_replicas(current, PodMetric::Utilization(target), &pods, &TENTH);
            assert_eq!(found, Some(asked), "{usage:?} {unready} {missing} at {target} %");
        }
        let nothing = cpu(&[], 2, 1);
        assert_eq!(pod_replicas(3, PodMetric::Utilization(50), &nothing, &TENTH), None);
    }

    #[test]
    fn a_tolerance_of_its_own_for_each_direction() {
        let tolerance = Tolerance { up: 0.0, down: 0.5 };
        let at = |usage: i64| {
            pod_replicas(4, PodMetric::Utilization(50), &cpu(&[usage; 4], 0, 0), &tolerance)
        };
        assert_eq!([at(510), at(260), at(240)], [Some(5), Some(4), Some(2)]);
    }

    #[test]
    fn raw_metrics_are_means_in_whole_thousandths() {
        let raw = |usage: &[i64], missing: u32, target: i64, current: u32| {
            pod_replicas(current, PodMetric::Raw(target), &cpu(usage, 0, missing), &TENTH)
        };
        assert_eq!(raw(&[20_000, 10_000, 30_000], 0, 15_000, 3), Some(4));
        assert_eq!(raw(&[10_000, 10_000], 2, 20_000, 4), Some(3));
    }

    #[test]
    fn metrics_of_the_service_follow_the_table() {
        assert_eq!(value_replicas(1, 1, 8_600.0, 4_400.0, &TENTH), 2);
        assert_eq!(value_replicas(5, 5, 8_600.0, 14_334.0, &TENTH), 3);
        assert_eq!(value_replicas(0, 0, 8_600.0, 4_400.0, &TENTH), 2);
        assert_eq!(average_replicas(3, 20_000.0, 5_000.0, &TENTH), 4);
        assert_eq!(average_replicas(50, 90.0 * 50.0, 75.0, &TENTH), 60);
        assert_eq!(average_replicas(3, 15_900.0, 5_000.0, &TENTH), 3);
    }
}
