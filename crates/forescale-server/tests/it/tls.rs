//! Certificates, of the service and of who asks.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::support::{TARGET, daily, serve};

/// A certificate and its key, in PEM.
struct Pair(String, String);

/// What signs, and what it has signed for the service and for a client.
fn signed() -> (String, Pair, Pair) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let sign = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Pair(params.signed_by(&key, &ca).unwrap().pem(), key.serialize_pem())
    };
    let (service, client) = (sign("127.0.0.1"), sign("keda"));
    (ca.pem(), service, client)
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn agent(ca: &str, client: Option<&Pair>) -> ureq::Agent {
    let root = Certificate::from_pem(ca.as_bytes()).unwrap();
    let mut tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root]));
    if let Some(Pair(certificate, key)) = client {
        let chain = parse_pem(certificate.as_bytes()).filter_map(|item| match item.unwrap() {
            ureq::tls::PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        let chain: Vec<_> = chain.collect();
        let key = PrivateKey::from_pem(key.as_bytes()).unwrap();
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
    }
    ureq::Agent::config_builder().tls_config(tls.build()).build().into()
}

#[test]
fn a_service_with_a_client_ca_answers_only_its_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, service, client) = signed();
    let [cert, key] = [("tls.crt", &service.0), ("tls.key", &service.1)]
        .map(|(name, text)| write(folder.path(), name, text));
    let root = write(folder.path(), "ca.crt", &ca);
    let tls = format!("tls = {{ cert = {cert:?}, key = {key:?}, client-ca = {root:?} }}");
    let served = serve(&tls, TARGET, daily);
    served.settle();
    let url = format!("https://{}/api/v1/targets", served.running.http());
    let answer = agent(&ca, Some(&client)).get(&url).call().unwrap();
    assert_eq!(answer.status(), 200);
    assert!(agent(&ca, None).get(&url).call().is_err());
    let (_, _, stranger) = signed();
    assert!(agent(&ca, Some(&stranger)).get(&url).call().is_err());
    let plain = url.replace("https", "http");
    assert!(ureq::get(&plain).call().is_err());
}

#[test]
fn beyond_the_most_connections_health_still_answers_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, service, _) = signed();
    let [cert, key] = [("tls.crt", &service.0), ("tls.key", &service.1)]
        .map(|(name, text)| write(folder.path(), name, text));
    let tls = format!("tls = {{ cert = {cert:?}, key = {key:?} }}\nmax-connections = 2");
    let served = serve(&tls, TARGET, daily);
    let address = served.running.http();
    let connect = |_| std::net::TcpStream::connect(address).unwrap();
    let _held: Vec<_> = (0..2).map(connect).collect();
    std::thread::sleep(std::time::Duration::from_millis(200));
    let status = |path: &str| {
        let url = format!("https://{address}{path}");
        match agent(&ca, None).get(&url).call() {
            Ok(answer) => answer.status().as_u16(),
            Err(ureq::Error::StatusCode(status)) => status,
            Err(error) => panic!("{path}: {error}"),
        }
    };
    assert_eq!((status("/healthz"), status("/api/v1/targets")), (200, 503));
    // Nor does a crowd that never begins a handshake hide it.
    let _silent: Vec<_> = (0..400).map(connect).collect();
    assert_eq!(status("/healthz"), 200);
}
