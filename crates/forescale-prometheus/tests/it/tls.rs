//! TLS with an authority of its own, and with certificates on both sides.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use forescale_prometheus::{PrometheusError, Settings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::server::{BEGIN, Server, series};

/// An authority, and what it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    /// A server whose certificate is for `name`; with `mutual`, it asks for one of this authority.
    fn server(&self, name: &str, mutual: bool) -> Server {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if mutual {
            let mut roots = RootCertStore::empty();
            roots.add(self.0.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let (certificate, key) = self.sign(name);
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        let minutes: Vec<_> = (0..10).map(|minute| (BEGIN + 60 * minute, "4")).collect();
        Server::start(
            move |_| series(&minutes),
            move |stream| {
                let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
                Some(StreamOwned::new(connection, stream))
            },
        )
    }
}

fn written(folder: &Path, name: &str, pem: &str) -> Option<PathBuf> {
    let file = folder.join(name);
    std::fs::write(&file, pem).unwrap();
    Some(file)
}

fn settings(server: &Server) -> Settings {
    let mut settings = server.settings("load");
    settings.url = settings.url.replace("http:", "https:");
    settings.deadline = std::time::Duration::from_secs(2);
    settings
}

#[test]
fn only_a_known_authority_and_the_right_name_are_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new(), Authority::new());
    let server = ours.server("127.0.0.1", false);
    let mut settings = settings(&server);
    let untrusted = server.read_as(settings.clone()).unwrap_err();
    assert!(matches!(untrusted, PrometheusError::Untrusted { .. }), "{untrusted}");
    assert!(untrusted.to_string().contains("certificate"), "{untrusted}");
    settings.ca_file = written(folder.path(), "other.pem", &other.0.pem());
    assert!(server.read_as(settings.clone()).is_err());
    settings.ca_file = written(folder.path(), "ca.pem", &ours.0.pem());
    assert_eq!(server.read_as(settings.clone()).unwrap().series.len(), 10);

    let elsewhere = ours.server("elsewhere.example", false);
    settings.url = format!("https://{}", elsewhere.address);
    let error = elsewhere.read_as(settings).unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
}

#[test]
fn a_server_that_asks_for_a_certificate_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", true);
    let mut settings = settings(&server);
    settings.ca_file = written(folder.path(), "ca.pem", &authority.0.pem());
    assert!(server.read_as(settings.clone()).is_err());
    let (certificate, key) = authority.sign("forescale");
    settings.client_cert_file = written(folder.path(), "cert.pem", &certificate.pem());
    settings.client_key_file = written(folder.path(), "key.pem", &key.serialize_pem());
    assert_eq!(server.read_as(settings.clone()).unwrap().series.len(), 10);
    // The key of another certificate is an error, not a panic.
    let stranger = KeyPair::generate().unwrap();
    settings.client_key_file = written(folder.path(), "key.pem", &stranger.serialize_pem());
    let error = server.read_as(settings).unwrap_err().to_string();
    assert!(error.ends_with("it is not the key of the certificate"), "{error}");
}

#[test]
fn files_that_hold_no_pem_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = Authority::new().server("127.0.0.1", false);
    for content in ["", "s3cret", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        let mut settings = settings(&server);
        settings.ca_file = written(folder.path(), "ca.pem", content);
        let error = server.read_as(settings).unwrap_err();
        assert!(matches!(error, PrometheusError::File { .. }), "{error}");
        assert!(error.to_string().contains("ca.pem should hold certificates in PEM"), "{error}");
        assert!(!error.to_string().contains("s3cret"));
    }
}

#[test]
fn plain_http_and_tls_do_not_mix_silently() {
    let server = Authority::new().server("127.0.0.1", false);
    let mut settings = server.settings("load");
    settings.deadline = std::time::Duration::from_secs(2);
    assert!(server.read_as(settings).is_err());
}
