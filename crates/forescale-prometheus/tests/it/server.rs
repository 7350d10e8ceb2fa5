//! A small HTTP server in this process, which answers as a test says and writes down what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use forescale_prometheus::{Client, PrometheusError, PrometheusRead, Settings};

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub form: BTreeMap<String, String>,
}

/// What the server answers.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// How long the server waits before it answers.
    pub wait: Duration,
    /// How long it waits before every byte of the body.
    pub drip: Option<Duration>,
    /// What is sent before the body.
    pub head: Vec<u8>,
    /// How often the body is sent, one after the other.
    pub times: usize,
}

impl Reply {
    pub fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".into(), kind.into())],
            body: body.into(),
            wait: Duration::ZERO,
            drip: None,
            head: Vec::new(),
            times: 1,
        }
    }

    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "application/json", body)
    }

    pub fn failure(status: u16, kind: &str, error: &str) -> Self {
        let body = format!(r#"{{"status":"error","errorType":"{kind}","error":"{error}"}}"#);
        Self::new(status, "application/json", body)
    }
}

/// One series with these samples, as a range or an instant query answers.
pub fn series(samples: &[(i64, &str)]) -> Reply {
    let values: Vec<_> = samples.iter().map(|(at, value)| format!(r#"[{at},"{value}"]"#)).collect();
    matrix(&format!(r#"{{"metric":{{"__name__":"load"}},"values":[{}]}}"#, values.join(",")))
}

/// These series.
pub fn matrix(result: &str) -> Reply {
    let data = format!(r#"{{"resultType":"matrix","result":[{result}]}}"#);
    Reply::json(format!(r#"{{"status":"success","data":{data}}}"#))
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server on a free port of this machine. It ends with the process.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers every request but those for metadata with `handler`.
    pub fn new(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(handler, Some)
    }

    /// The same over what `wrap` makes of a connection.
    pub fn start<S: Read + Write + 'static>(
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> Option<S> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let (asked, handler) = (Arc::clone(&server.asked), Arc::new(handler) as Arc<Handler>);
        let wrap = Arc::new(wrap);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, handler, wrap) = (asked.clone(), handler.clone(), wrap.clone());
                std::thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    if let Some(stream) = wrap(stream) {
                        // A client that hangs up is what some tests are about.
                        let _ = serve(stream, &asked, &*handler);
                    }
                });
            }
        });
        server
    }

    /// The requests so far, those for metadata left out.
    pub fn asked(&self) -> Vec<Request> {
        let asked = self.asked.lock().unwrap().clone();
        asked.into_iter().filter(|request| !request.path.contains("/metadata")).collect()
    }

    /// Settings for a query that is evaluated, not read raw: ten minutes of minutes.
    pub fn settings(&self, query: &str) -> Settings {
        let mut settings = Settings::new(format!("http://{}", self.address), query);
        settings.range = chrono::TimeDelta::minutes(10);
        settings
    }

    /// Reads ten minutes.
    pub fn read(&self, query: &str) -> Result<PrometheusRead, PrometheusError> {
        self.read_as(self.settings(query))
    }

    pub fn read_as(&self, settings: Settings) -> Result<PrometheusRead, PrometheusError> {
        Client::new(settings, 1)?.read(now())
    }
}

/// The moment of every test: ten minutes after [`BEGIN`].
pub fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(BEGIN + 600, 0).unwrap()
}

/// The first moment that is read, in seconds since the Unix epoch; a whole hour.
pub const BEGIN: i64 = 1_767_571_200;

fn serve<S: Read + Write>(
    stream: S,
    asked: &Mutex<Vec<Request>>,
    handler: &Handler,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = request(&mut stream)? {
        asked.lock().unwrap().push(request.clone());
        let metadata = request.path.contains("/metadata?metric=load");
        let reply = if metadata { no_metadata() } else { handler(&request) };
        answer(stream.get_mut(), &reply)?;
    }
    Ok(())
}

fn no_metadata() -> Reply {
    Reply::json(r#"{"status":"success","data":{}}"#)
}

fn request<R: BufRead>(stream: &mut R) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut request = Request {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Request::default()
    };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => {
                request.headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            None => break,
        }
    }
    let length = request.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().unwrap().into_owned()
    };
    for pair in String::from_utf8(body).unwrap().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap();
        request.form.insert(decoded(key), decoded(value));
    }
    Ok(Some(request))
}

fn answer(stream: &mut impl Write, reply: &Reply) -> std::io::Result<()> {
    std::thread::sleep(reply.wait);
    let length = reply.head.len() + reply.body.len() * reply.times;
    let mut head = format!("HTTP/1.1 {} X\r\nContent-Length: {length}\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&reply.head)?;
    for _ in 0..reply.times {
        match reply.drip {
            None => stream.write_all(&reply.body)?,
            Some(wait) => {
                for byte in &reply.body {
                    std::thread::sleep(wait);
                    stream.write_all(&[*byte])?;
                    stream.flush()?;
                }
            }
        }
    }
    stream.flush()
}
