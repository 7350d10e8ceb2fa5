//! TLS, and mutual TLS, from PEM files.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::Protocol;
use crate::config::Tls;
use crate::error::ServerError;

/// What accepts TLS connections for `protocol` with the certificates of `tls`.
///
/// # Errors
/// [`ServerError::File`] names the file that cannot be used.
pub fn acceptor(tls: &Tls, protocol: Protocol) -> Result<TlsAcceptor, ServerError> {
    let wrong =
        |what, path: &Path, reason: String| ServerError::File { what, path: path.into(), reason };
    let chain = certificates("the certificate", &tls.cert)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| wrong("the private key", &tls.key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong("the certificate", &tls.cert, error.to_string()))?;
    let builder = match &tls.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let reject =
                |error: &dyn std::fmt::Display| wrong("the client CA", path, error.to_string());
            let mut roots = RootCertStore::empty();
            for certificate in certificates("the client CA", path)? {
                roots.add(certificate).map_err(|error| reject(&error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(|error| reject(&error))?)
        }
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| wrong("the private key", &tls.key, error.to_string()))?;
    let name: &[u8] = if protocol == Protocol::Grpc { b"h2" } else { b"http/1.1" };
    config.alpn_protocols = vec![name.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(
    what: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, ServerError> {
    let wrong = |reason: String| ServerError::File { what, path: path.into(), reason };
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let all: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| wrong(error.to_string()))?;
    match all.is_empty() {
        true => Err(wrong("it holds no certificate".to_owned())),
        false => Ok(all),
    }
}
