//! What is trusted, and who we are: the same for HTTP and for syslog.

use crate::DeliverError;
use crate::secret::Secrets;
use auditgate::deliver::Settings;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// Certificates and keys of one destination.
pub(crate) struct Identity {
    /// Trusted authorities; the machine's own if absent.
    pub(crate) roots: Option<Vec<CertificateDer<'static>>>,
    /// A chain and its key.
    pub(crate) client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    /// Whether the receiver has to prove who it is.
    pub(crate) verify: bool,
}

/// The cryptography behind all connections.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn wrong(name: &str, what: &str) -> DeliverError {
    DeliverError::new("D007", format!("`{name}`: {what}"))
}

impl Identity {
    /// Reads what the settings name.
    pub(crate) fn read(settings: &Settings, secrets: &Secrets) -> Result<Self, DeliverError> {
        let roots = settings.text("ca_file").map(|path| {
            let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            match found {
                Ok(roots) if !roots.is_empty() => Ok(roots),
                _ => Err(wrong("ca_file", &format!("expected certificates in PEM in `{path}`"))),
            }
        });
        let client = match (secrets.text("client_certificate")?, secrets.text("client_key")?) {
            (Some(chain), Some(key)) => {
                let chain: Vec<_> = CertificateDer::pem_slice_iter(chain.as_bytes()).flatten().collect();
                if chain.is_empty() {
                    return Err(wrong("client_certificate", "expected certificates in PEM"));
                }
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes());
                Some((chain, key.map_err(|_| wrong("client_key", "expected a private key in PEM"))?))
            }
            _ => None,
        };
        Ok(Self { roots: roots.transpose()?, client, verify: settings.flag("tls_verify") != Some(false) })
    }

    /// TLS with the roots of the machine, or with those that are named.
    pub(crate) fn configuration(&self) -> Result<ClientConfig, DeliverError> {
        let failed = |error: rustls::Error| DeliverError::new("D007", format!("TLS: {error}"));
        let builder = || ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = match &self.roots {
            _ if !self.verify => {
                builder().map_err(failed)?.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider())))
            }
            None => {
                let verifier = rustls_platform_verifier::Verifier::new(provider()).map_err(failed)?;
                builder().map_err(failed)?.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
            Some(roots) => {
                let mut store = RootCertStore::empty();
                for root in roots {
                    store.add(root.clone()).map_err(failed)?;
                }
                builder().map_err(failed)?.with_root_certificates(store)
            }
        };
        match &self.client {
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|error| wrong("client_certificate", &format!("it cannot be used with `client_key`: {error}"))),
            None => Ok(builder.with_no_client_auth()),
        }
    }
}

/// Trusts any receiver; only where `tls_verify off` asks for it, with a warning at each start.
#[derive(Debug)]
pub(crate) struct Anyone(pub(crate) Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
