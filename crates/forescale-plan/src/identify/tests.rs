use super::*;

/// Loads and instances of a service that follows its load late, and noise that is always the same.
struct Service {
    loads: Vec<f64>,
    instances: Vec<f64>,
    noise: Vec<f64>,
}

fn service(rows: u32) -> Service {
    let wave = |i: u32| 200.0 + 150.0 * (f64::from(i) / 40.0).sin() + f64::from(i * 37 % 23);
    let lagged = |i: u32| (wave(i.saturating_sub(5)) / 30.0).ceil();
    // Sums of a few even shares are nearly normal.
    let even =
        |i: u32| f64::from(i.wrapping_mul(2_654_435_761) >> 8) / f64::from(1_u32 << 24) - 0.5;
    let noise = |i: u32| (0..6).map(|j| even(6 * i + j)).sum::<f64>() * 0.05;
    Service {
        loads: (0..rows).map(wave).collect(),
        instances: (0..rows).map(lagged).collect(),
        noise: (0..rows).map(noise).collect(),
    }
}

impl Service {
    fn response_times(&self, model: &ResponseModel) -> Vec<f64> {
        let rows = self.loads.iter().zip(&self.instances).zip(&self.noise);
        rows.map(|((load, n), noise)| model.seconds(*load, *n as u32) * noise.exp()).collect()
    }
}

#[test]
fn a_queue_is_found_again_in_its_noisy_responses() {
    let service = service(2_000);
    for (service_time_s, load_per_instance, slots) in [(0.05, 40.0, 1), (0.2, 42.0, 4)] {
        let truth = ResponseModel::Queueing { service_time_s, load_per_instance, slots };
        let mut seconds = service.response_times(&truth);
        // A tenth of the rows are far off, and some are missing.
        seconds.iter_mut().step_by(10).for_each(|seconds| *seconds *= 20.0);
        seconds[7] = f64::NAN;
        let found = identify(&service.loads, &service.instances, &seconds).unwrap().model;
        let ResponseModel::Queueing { service_time_s: s, load_per_instance: l, .. } = found else {
            panic!("{found}");
        };
        assert!((s / service_time_s - 1.0).abs() < 0.05, "{truth} {found}");
        assert!((l / load_per_instance - 1.0).abs() < 0.05, "{truth} {found}");
    }
}

#[test]
fn a_line_in_logs_is_found_again_and_beats_the_queue() {
    let service = service(2_000);
    let busiest = service.loads.iter().zip(&service.instances).map(|(l, n)| l / n);
    let busiest = busiest.fold(0.0, f64::max);
    let (mut log, mut busy_before) = (-2.0, 0.0);
    let rows = service.loads.iter().zip(&service.instances).zip(&service.noise);
    let seconds: Vec<f64> = rows
        .map(|((load, n), noise)| {
            let busy = load / n / busiest;
            log = -1.4 + 0.4 * log + 0.5 * busy + 0.2 * busy_before + 0.3 * noise;
            busy_before = busy;
            f64::exp(log)
        })
        .collect();
    let found = identify(&service.loads, &service.instances, &seconds).unwrap();
    let ResponseModel::Armax { own_lag, load, load_lag, load_per_instance, .. } = found.model
    else {
        panic!("{found:?}");
    };
    assert!((own_lag - 0.4).abs() < 0.05 && (load - 0.5).abs() < 0.05, "{found:?}");
    assert!((load_lag - 0.2).abs() < 0.05 && load_per_instance == busiest, "{found:?}");
    assert_eq!(found.candidates.len(), 2);
    assert!(found.candidates[0].held_out_error < found.candidates[1].held_out_error);
}

#[test]
fn rows_are_counted_and_the_report_is_json() {
    let service = service(400);
    let truth = ResponseModel::Queueing { service_time_s: 0.05, load_per_instance: 40.0, slots: 1 };
    let mut seconds = service.response_times(&truth);
    seconds[..30].fill(f64::NAN);
    let found = identify(&service.loads, &service.instances, &seconds).unwrap();
    assert_eq!((found.rows, found.left_out), (370, 30));
    assert!(found.r_squared > 0.8 && found.candidates[0].held_out_error < 0.1, "{found:?}");
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["model"]["model"], "queueing");
}

#[test]
fn response_times_that_fall_with_load_are_refused() {
    let service = service(400);
    let seconds: Vec<f64> =
        service.loads.iter().zip(&service.instances).map(|(load, n)| n / load).collect();
    let error = identify(&service.loads, &service.instances, &seconds).unwrap_err();
    assert!(matches!(error, IdentifyError::NoEffect { .. }), "{error}");
    assert!(!error.hint().is_empty());
}
