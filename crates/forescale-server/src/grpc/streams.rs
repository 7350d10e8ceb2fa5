//! Answers that go on: sent at once, again when they change, and ended with the service.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::externalscaler::{GetMetricSpecResponse, IsActiveResponse};
use super::request::Asked;
use super::scaler::active;
use crate::board::Entry;
use crate::listen::told;
use crate::service::Service;

/// A stream of answers.
pub type Answers<T> = ReceiverStream<Result<T, Status>>;

/// A plan changes with time, also when no run ends: then an answer is worked out anew this often.
const LOOK: Duration = Duration::from_secs(1);

/// Whether the target of `entry` is active, now and whenever that changes. An error ends the stream, and KEDA asks
/// again.
pub fn activity(
    service: Arc<Service>,
    asked: Asked,
    entry: Arc<Entry>,
) -> Answers<IsActiveResponse> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let (mut runs, mut stop) = (entry.runs(), service.stopping());
        let mut last = None;
        loop {
            let answer = active(&service, &asked, &entry);
            let over = answer.is_err();
            let now = answer.as_ref().ok().copied();
            if over || now != last {
                last = now;
                let answer = answer.map(|result| IsActiveResponse { result });
                if sender.send(answer).await.is_err() || over {
                    return;
                }
            }
            tokio::select! {
                _ = runs.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
                () = sender.closed() => return,
                () = told(&mut stop) => return,
            }
        }
    });
    ReceiverStream::new(receiver)
}

/// `spec`, and then nothing: what a metric is compared with stays as long as the configuration does.
pub fn specs(service: Arc<Service>, spec: GetMetricSpecResponse) -> Answers<GetMetricSpecResponse> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut stop = service.stopping();
        if sender.send(Ok(spec)).await.is_ok() {
            tokio::select! {
                () = sender.closed() => {}
                () = told(&mut stop) => {}
            }
        }
    });
    ReceiverStream::new(receiver)
}
