//! Waiting in a queue with many servers (M/M/n): Erlang's formulas, stable for millions of servers.
//!
//! `a` is the offered load in servers, `n` the number of servers, `1 / B` the inverse of Erlang's loss formula.
//! Source: Erlang (1917); the inverse recursion `1/B(n+1) = 1 + (n+1)/a * 1/B(n)` neither overflows into NaN nor
//! loses digits, and starting it near `a` takes about the square root of `a` terms.

/// Smallest number of servers for which at most `share` of the requests wait longer than `max_wait_s`.
///
/// `load` and `rate` count requests a second, of all servers and of one. None when the number is above `u32::MAX`.
pub fn servers_needed(load: f64, rate: f64, max_wait_s: f64, share: f64) -> Option<u32> {
    if load <= 0.0 {
        return Some(0);
    }
    let a = load / rate;
    if a.is_nan() || a >= f64::from(u32::MAX) {
        return None;
    }
    let mut n = a.floor() + 1.0;
    let mut inverse = inverse_loss(n, a);
    while tail(n, a, inverse, rate * max_wait_s) > share {
        n += 1.0;
        inverse = 1.0 + n / a * inverse;
    }
    (n <= f64::from(u32::MAX)).then_some(n as u32)
}

/// Share of the requests that wait longer than `max_wait_s` when `n` servers share `load`; 1 when saturated.
pub fn wait_tail(n: u32, load: f64, rate: f64, max_wait_s: f64) -> f64 {
    let (n, a) = (f64::from(n), load / rate);
    if load <= 0.0 {
        return 0.0;
    }
    tail(n, a, inverse_loss(n, a), rate * max_wait_s)
}

/// `P(wait > x)`, with `x` in service times: Erlang C times the exponential tail.
fn tail(n: f64, a: f64, inverse_loss: f64, x: f64) -> f64 {
    if a >= n {
        return 1.0;
    }
    let rho = a / n;
    let waits = 1.0 / (inverse_loss * (1.0 - rho) + rho);
    waits * (-(n - a) * x).exp()
}

/// `1 / B(n, a)` as the series `1 + n/a + n(n-1)/a^2 + ...`, cut where a term no longer changes the sum.
fn inverse_loss(n: f64, a: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, 0.0);
    while k < n {
        term *= (n - k) / a;
        sum += term;
        k += 1.0;
        let shrinking = n - k < a;
        if sum.is_infinite() || (shrinking && term < sum * 1e-17) {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_two_servers_match_the_textbook() {
        assert!((wait_tail(1, 0.5, 1.0, 0.0) - 0.5).abs() < 1e-12);
        assert!((wait_tail(2, 1.0, 1.0, 0.0) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(wait_tail(3, 3.0, 1.0, 0.0), 1.0);
        let expected = 0.5 * (-0.5_f64).exp();
        assert!((wait_tail(1, 5.0, 10.0, 0.1) - expected).abs() < 1e-12);
    }

    #[test]
    fn the_series_equals_the_plain_recursion() {
        for (n, a) in [(1.0, 0.5), (7.0, 3.0), (40.0, 39.5), (400.0, 320.0), (3_000.0, 2_990.0)] {
            let mut loss = 1.0;
            for i in 1..=n as u32 {
                loss = a * loss / (f64::from(i) + a * loss);
            }
            let series = inverse_loss(n, a);
            assert!((series * loss - 1.0).abs() < 1e-9, "{n} {a}: {series} {}", 1.0 / loss);
        }
    }

    #[test]
    fn servers_are_the_smallest_number_that_suffices() {
        for load in [0.1, 1.0, 17.0, 250.0, 9_999.0] {
            let n = servers_needed(load, 1.0, 0.3, 0.02).unwrap();
            assert!(wait_tail(n, load, 1.0, 0.3) <= 0.02);
            assert!(wait_tail(n - 1, load, 1.0, 0.3) > 0.02, "{load}: {n}");
        }
    }

    #[test]
    fn millions_of_servers_are_no_trouble() {
        let n = servers_needed(4e9, 1.0, 0.05, 0.05).unwrap();
        assert!(n > 4_000_000_000 && n < 4_000_200_000);
        assert_eq!(servers_needed(5e9, 1.0, 0.05, 0.05), None);
        assert_eq!(servers_needed(f64::INFINITY, 1.0, 0.05, 0.05), None);
        assert_eq!(servers_needed(1e-300, 1.0, 0.0, 1e-12), Some(1));
    }
}
