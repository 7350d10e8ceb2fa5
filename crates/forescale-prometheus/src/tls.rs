//! Which certificates are trusted, and which one is shown.

use std::path::Path;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::credentials::{read, unfit};
use crate::error::PrometheusError;
use crate::settings::Settings;

/// The system's certificates or those of `ca-file`, and the client's certificate for mutual TLS.
///
/// # Errors
/// [`PrometheusError::File`] for a file that cannot be read or holds no PEM of the kind.
pub(crate) fn config(settings: &Settings) -> Result<TlsConfig, PrometheusError> {
    let roots = match &settings.ca_file {
        Some(file) => RootCerts::new_with_certs(&certificates(file)?),
        None => RootCerts::PlatformVerifier,
    };
    let client = match (&settings.client_cert_file, &settings.client_key_file) {
        (Some(cert), Some(key)) => {
            let (chain, private) = (certificates(cert)?, private_key(key)?);
            if !belong_together(&chain, &private) {
                return Err(unfit(key, EXPECTED_KEY, "it is not the key of the certificate"));
            }
            Some(ClientCert::new_with_certs(&chain, private))
        }
        _ => None,
    };
    Ok(TlsConfig::builder().root_certs(roots).client_cert(client).build())
}

fn certificates(file: &Path) -> Result<Vec<Certificate<'static>>, PrometheusError> {
    const EXPECTED: &str = "certificates in PEM";
    let mut found = Vec::new();
    for item in parse_pem(&read(file, EXPECTED)?) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(unfit(file, EXPECTED, "its PEM is broken")),
        }
    }
    if found.is_empty() { Err(unfit(file, EXPECTED, "it has none")) } else { Ok(found) }
}

const EXPECTED_KEY: &str = "a private key in PEM without a passphrase";

fn private_key(file: &Path) -> Result<PrivateKey<'static>, PrometheusError> {
    let bytes = read(file, EXPECTED_KEY)?;
    PrivateKey::from_pem(&bytes).map_err(|_| unfit(file, EXPECTED_KEY, "it has none"))
}

/// Whether the key is that of the first certificate. ureq panics when it is not.
fn belong_together(chain: &[Certificate<'static>], key: &PrivateKey<'static>) -> bool {
    let chain = chain.iter().map(|one| CertificateDer::from(one.der().to_vec())).collect();
    let provider = rustls::crypto::ring::default_provider();
    PrivateKeyDer::try_from(key.der().to_vec())
        .is_ok_and(|key| CertifiedKey::from_der(chain, key, &provider).is_ok())
}
