//! What a profile says about the way to its upstreams: HTTP proxy, extra authorities, client certificate.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Certificate, Identity, Proxy};
use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use secret::{SafeUrl, Secret};

/// What a profile says about the way to its upstreams. The default is what a machine without a word about it does.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HttpOptions {
    /// The HTTP proxy on the way.
    pub proxy: ProxyChoice,
    /// Certificates in PEM, one or more in each, of authorities that are trusted besides those of the platform.
    pub extra_ca: Vec<Vec<u8>>,
    /// In PEM: the client certificate, those between it and its authority, and its key. It is shown to the upstreams
    /// themselves where they ask for one, and to no other origin.
    pub client_certificate: Option<Secret>,
}

/// Which HTTP proxy is on the way. This machine itself is never behind one, as with Go's `http.ProxyFromEnvironment`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// What the environment says (`HTTPS_PROXY`, `NO_PROXY`, ...), or the system on macOS and Windows.
    #[default]
    Environment,
    /// This one, for everything: `http://` or `https://`, host and port. Its user info is sent to it as
    /// `Proxy-Authorization`.
    Url(SafeUrl),
    /// None, whatever the environment says.
    Direct,
}

/// Why [`HttpOptions`] can't be used. Quotes neither user info nor any part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpOptionsError {
    /// A scheme that no proxy has.
    #[error(
        "the URL of the HTTP proxy begins with {scheme}://; write it as http://host:port or https://host:port"
    )]
    ProxyScheme {
        /// The scheme.
        scheme: String,
    },
    /// More than host and port.
    #[error(
        "the URL of the HTTP proxy has a path ({path}); a proxy is http://host:port and nothing more. Scripts that choose one (proxy.pac) are not run: take host and port out of it"
    )]
    ProxyPath {
        /// The path.
        path: String,
    },
    /// Host, port or user info of a form that the HTTP client does not take.
    #[error("the URL of the HTTP proxy can't be used; write it as http://host:port")]
    ProxyUnusable,
    /// Not PEM at all; mostly DER.
    #[error(
        "{of} is not in PEM: there is no line -----BEGIN ...-----; a file in DER becomes PEM by `openssl x509 -inform der -in FILE -out FILE.pem`, one in PKCS #12 (.p12, .pfx) by `openssl pkcs12 -in FILE -nodes -out FILE.pem`"
    )]
    NotPem {
        /// Which one.
        of: PemOf,
    },
    /// PEM that breaks off or holds what is no base64.
    #[error("{of} is damaged ({cause}); export or copy it once more")]
    DamagedPem {
        /// Which one.
        of: PemOf,
        /// What is wrong with it.
        cause: String,
    },
    /// PEM of something else.
    #[error("{of} holds no certificate; it needs a part -----BEGIN CERTIFICATE-----")]
    NoCertificate {
        /// Which one.
        of: PemOf,
    },
    /// What stands as a certificate is none.
    #[error("{of} holds what is no X.509 certificate ({cause}); export it once more")]
    NotACertificate {
        /// Which one.
        of: PemOf,
        /// What is wrong with it.
        cause: String,
    },
    /// The certificate alone.
    #[error(
        "the client certificate comes without its key; add the key's part -----BEGIN PRIVATE KEY----- to it"
    )]
    NoKey,
    /// A key that a passphrase protects.
    #[error(
        "the key of the client certificate is encrypted, and Larder can't ask for its passphrase; decrypt it: `openssl pkey -in KEY -out KEY.plain`"
    )]
    EncryptedKey,
    /// A key of a kind or form that can't be used.
    #[error(
        "the key of the client certificate can't be used ({cause}); RSA from 2048 bits, ECDSA P-256 or P-384 and Ed25519 can"
    )]
    UnusableKey {
        /// What is wrong with it.
        cause: String,
    },
    /// Certificate and key are of different pairs.
    #[error(
        "the key does not fit the client certificate; put the certificate it belongs to first, before those of authorities"
    )]
    KeyDoesNotFit,
}

/// Which PEM of the [`HttpOptions`] an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemOf {
    /// The one at this index of [`HttpOptions::extra_ca`].
    ExtraCa(usize),
    /// [`HttpOptions::client_certificate`].
    ClientCertificate,
}

/// [`HttpOptions`] that were found good, in the HTTP client's own terms.
pub(crate) struct Checked {
    /// Says which requests go through a proxy.
    pub(crate) matcher: Matcher,
    /// What those requests go through; none where the HTTP client reads the environment itself.
    pub(crate) proxy: Option<Proxy>,
    pub(crate) extra_ca: Vec<Certificate>,
    pub(crate) identity: Option<Identity>,
}

impl Checked {
    /// Options of the environment alone, which can't be wrong.
    pub(crate) fn of_environment() -> Self {
        Self {
            matcher: Matcher::from_system(),
            proxy: None,
            extra_ca: Vec::new(),
            identity: None,
        }
    }

    pub(crate) fn new(options: &HttpOptions) -> Result<Self, HttpOptionsError> {
        let (matcher, proxy) = match &options.proxy {
            ProxyChoice::Environment => (Matcher::from_system(), None),
            ProxyChoice::Url(url) => {
                let (matcher, proxy) = chosen(url)?;
                (matcher, Some(proxy))
            }
            ProxyChoice::Direct => (Matcher::builder().build(), None),
        };
        let mut extra_ca = Vec::new();
        for (index, pem) in options.extra_ca.iter().enumerate() {
            extra_ca.extend(authorities(PemOf::ExtraCa(index), pem)?);
        }
        let identity = options.client_certificate.as_ref().map(identity);
        Ok(Self {
            matcher,
            proxy,
            extra_ca,
            identity: identity.transpose()?,
        })
    }
}

/// The proxy at this URL, for everything.
fn chosen(url: &SafeUrl) -> Result<(Matcher, Proxy), HttpOptionsError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(HttpOptionsError::ProxyScheme {
            scheme: url.scheme().to_owned(),
        });
    }
    let path = url.as_url().path();
    if path != "/" {
        return Err(HttpOptionsError::ProxyPath {
            path: path.to_owned(),
        });
    }
    let whole = url.expose();
    let matcher = Matcher::builder().all(whole.expose()).build();
    // What the matcher can't read it leaves out without a word, and requests would go past the proxy.
    let anywhere = http::Uri::from_static("https://upstream.example/");
    let proxy = Proxy::all(whole.expose()).map_err(|_| HttpOptionsError::ProxyUnusable)?;
    match matcher.intercept(&anywhere) {
        Some(_) => Ok((matcher, proxy)),
        None => Err(HttpOptionsError::ProxyUnusable),
    }
}

/// The certificates of one PEM.
fn authorities(of: PemOf, pem: &[u8]) -> Result<Vec<Certificate>, HttpOptionsError> {
    let (certificates, _) = sections(of, pem)?;
    let not_a_certificate = |cause: String| HttpOptionsError::NotACertificate { of, cause };
    let read = |der: &CertificateDer<'static>| {
        RootCertStore::empty()
            .add(der.clone())
            .map_err(|error| not_a_certificate(error.to_string()))?;
        Certificate::from_der(der).map_err(|error| not_a_certificate(error.to_string()))
    };
    certificates.iter().map(read).collect()
}

/// The client certificate with its key.
fn identity(pem: &Secret) -> Result<Identity, HttpOptionsError> {
    let of = PemOf::ClientCertificate;
    // The older form stands in a header of the key's part, which readers of PEM pass over.
    let encrypted = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "4,ENCRYPTED"];
    if encrypted.iter().any(|mark| pem.expose().contains(mark)) {
        return Err(HttpOptionsError::EncryptedKey);
    }
    let (certificates, key) = sections(of, pem.expose().as_bytes())?;
    let key = key.ok_or(HttpOptionsError::NoKey)?;
    let unusable = |cause: String| HttpOptionsError::UnusableKey { cause };
    CertifiedKey::from_der(certificates, key, &default_provider()).map_err(
        |error| match &error {
            rustls::Error::InconsistentKeys(_) => HttpOptionsError::KeyDoesNotFit,
            rustls::Error::InvalidCertificate(_) => HttpOptionsError::NotACertificate {
                of,
                cause: error.to_string(),
            },
            _ => unusable(error.to_string()),
        },
    )?;
    Identity::from_pem(pem.expose().as_bytes()).map_err(|error| unusable(error.to_string()))
}

type Sections = (Vec<CertificateDer<'static>>, Option<PrivateKeyDer<'static>>);

/// The certificates of a PEM, at least one, and its last key.
fn sections(of: PemOf, pem: &[u8]) -> Result<Sections, HttpOptionsError> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    if !pem.windows(BEGIN.len()).any(|bytes| bytes == BEGIN) {
        return Err(HttpOptionsError::NotPem { of });
    }
    let (mut certificates, mut key) = (Vec::new(), None);
    for section in <(SectionKind, Vec<u8>) as PemObject>::pem_slice_iter(pem) {
        let (kind, der) = section.map_err(|error| HttpOptionsError::DamagedPem {
            of,
            cause: damage(&error).to_owned(),
        })?;
        match kind {
            SectionKind::Certificate => certificates.push(CertificateDer::from(der)),
            kind => key = PrivateKeyDer::from_pem(kind, der).or(key),
        }
    }
    if certificates.is_empty() {
        return Err(HttpOptionsError::NoCertificate { of });
    }
    Ok((certificates, key))
}

/// What is wrong with a PEM. The reader's own text quotes a line of it, which may be a key's.
fn damage(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a part breaks off before its -----END line",
        pem::Error::IllegalSectionStart { .. } => "a line -----BEGIN is not whole",
        pem::Error::Base64Decode(_) => "a part is not base64",
        _ => "it can't be read",
    }
}

impl fmt::Display for PemOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExtraCa(0) => f.write_str("the extra CA"),
            Self::ExtraCa(index) => write!(f, "the extra CA (no. {})", index + 1),
            Self::ClientCertificate => f.write_str("the client certificate"),
        }
    }
}

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("proxy", &self.proxy)
            .field("extra_ca", &self.extra_ca.len())
            .field("client_certificate", &self.client_certificate)
            .finish()
    }
}

#[cfg(test)]
mod tests;
