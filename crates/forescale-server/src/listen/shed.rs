//! Connections beyond the most there may be: told to come back, and health still answers.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The time a connection that is turned away has to say what it wants.
const PATIENCE: Duration = Duration::from_millis(500);

const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
Content-Type: application/problem+json\r\nContent-Length: 93\r\n\r\n\
{\"status\":503,\"title\":\"Service Unavailable\",\"detail\":\"too many connections; try again soon\"}\n";

const ALIVE: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\
Content-Length: 3\r\n\r\nok\n";

/// Closes `stream`; where plain HTTP is spoken, with an answer.
pub fn turn_away(stream: TcpStream, plain_http: bool) {
    if plain_http {
        tokio::spawn(async move {
            let _ = tokio::time::timeout(PATIENCE, answer(stream)).await;
        });
    }
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = [0; 512];
    let read = stream.read(&mut head).await?;
    let answer = if head[..read].starts_with(b"GET /healthz ") { ALIVE } else { BUSY };
    stream.write_all(answer).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_as_long_as_they_say() {
        for answer in [BUSY, ALIVE] {
            let text = std::str::from_utf8(answer).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
        }
    }
}
