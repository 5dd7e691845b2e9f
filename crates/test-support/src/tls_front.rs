//! TLS in front of any fake, with a private authority, and with client certificates where that is wanted.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
        SignatureScheme,
        client::danger::HandshakeSignatureValid,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, UnixTime},
        server::{
            WebPkiClientVerifier,
            danger::{ClientCertVerified, ClientCertVerifier},
        },
    },
};

use crate::background::Background;

/// The names its certificate is for.
const NAMES: [&str; 4] = ["localhost", "127.0.0.1", "::1", "*.corp.example"];

/// A TLS server on loopback that passes on, byte for byte, what comes through it. Its certificate is of an authority that
/// nobody knows but who is told, and is for `localhost`, the loopback addresses and every host of `corp.example`.
///
/// It asks each client for a certificate, and writes down whether it was shown one.
///
/// ```
/// use test_support::{FakeProxy, TlsFront};
///
/// let proxy = FakeProxy::start_blocking();
/// let front = TlsFront::start(proxy.addr());
/// assert!(front.url().starts_with("https://localhost:"));
/// assert!(front.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// ```
pub struct TlsFront {
    addr: SocketAddr,
    ca: String,
    client: String,
    shown: Arc<Mutex<Vec<bool>>>,
    _background: Background,
}

impl TlsFront {
    /// In front of `backend`, for every client, whatever certificate it shows or doesn't.
    pub fn start(backend: SocketAddr) -> Self {
        Self::launch(backend, false)
    }

    /// In front of `backend`, for those only who show a certificate of its authority, as [`TlsFront::client_pem`] is.
    pub fn demanding_client_certificate(backend: SocketAddr) -> Self {
        Self::launch(backend, true)
    }

    fn launch(backend: SocketAddr, demands: bool) -> Self {
        let authority = Authority::new();
        let client = authority.issue(
            "Larder test client",
            &[],
            ExtendedKeyUsagePurpose::ClientAuth,
        );
        let server = authority.issue("localhost", &NAMES, ExtendedKeyUsagePurpose::ServerAuth);
        let acceptor = TlsAcceptor::from(Arc::new(server_config(&authority, &server, demands)));
        let shown = Arc::<Mutex<Vec<bool>>>::default();
        let kept = shown.clone();
        let (addr, background) = Background::listen("tls-front", move |stream| {
            converse(stream, acceptor.clone(), backend, kept.clone())
        });
        Self {
            addr,
            ca: authority.pem,
            client: client.pem,
            shown,
            _background: background,
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `https://localhost:<port>`.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.addr.port())
    }

    /// The certificate of its authority.
    pub fn ca_pem(&self) -> &str {
        &self.ca
    }

    /// A client certificate of its authority, and the key to it.
    pub fn client_pem(&self) -> &str {
        &self.client
    }

    /// Of each connection whose handshake was completed, in order: whether the client showed a certificate.
    pub fn shown(&self) -> Vec<bool> {
        self.shown.lock().unwrap().clone()
    }
}

async fn converse(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    backend: SocketAddr,
    shown: Arc<Mutex<Vec<bool>>>,
) {
    // An error is a client that does not trust this server or isn't trusted, or one that left.
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    let certificates = stream.get_ref().1.peer_certificates();
    shown
        .lock()
        .unwrap()
        .push(certificates.is_some_and(|certificates| !certificates.is_empty()));
    if let Ok(mut backend) = TcpStream::connect(backend).await {
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut backend).await;
    }
}

/// A certificate authority of one test.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

/// A certificate and its key.
struct Issued {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Larder test authority");
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    fn issue(&self, name: &str, names: &[&str], usage: ExtendedKeyUsagePurpose) -> Issued {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued {
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            pem: format!("{}{}", certificate.pem(), key.serialize_pem()),
        }
    }
}

fn server_config(authority: &Authority, server: &Issued, demands: bool) -> ServerConfig {
    let provider = Arc::new(default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der.clone()).unwrap();
    let strict = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
        .build()
        .unwrap();
    let verifier = if demands {
        strict
    } else {
        Arc::new(Curious(strict))
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.certificate.clone()], server.key.clone_key())
        .unwrap();
    // The fakes behind it speak nothing else.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

/// Asks for a client certificate and takes any, or none.
#[derive(Debug)]
struct Curious(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Curious {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::TlsFront;
    use crate::{FakeProxy, Module};

    /// What `curl` gets: the status, and what it says of a failure.
    fn curl(front: &TlsFront, ca: &str, client: Option<&str>, path: &str) -> (String, String) {
        let file = |pem: &str| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(pem.as_bytes()).unwrap();
            file
        };
        let ca = file(ca);
        let client = client.map(file);
        let mut command = std::process::Command::new("curl");
        command.args([
            "-sS",
            "--noproxy",
            "*",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
        ]);
        command.arg("--cacert").arg(ca.path());
        if let Some(client) = &client {
            command.arg("--cert").arg(client.path());
        }
        let output = command
            .arg(format!("{}{path}", front.url()))
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }

    #[test]
    fn another_program_believes_it_and_is_let_in_by_its_certificate() {
        let proxy = FakeProxy::start_blocking();
        proxy.add(&Module::simple("example.com/hello", "v1.0.0"));
        let path = "/example.com/hello/@v/list";
        let open = TlsFront::start(proxy.addr());
        let (status, why) = curl(&open, open.ca_pem(), None, path);
        assert_eq!(status, "200", "{why}");
        let (status, why) = curl(&open, open.ca_pem(), Some(open.client_pem()), path);
        assert_eq!(status, "200", "{why}");
        assert_eq!(open.shown(), [false, true]);

        let strict = TlsFront::demanding_client_certificate(proxy.addr());
        let (status, why) = curl(&strict, strict.ca_pem(), Some(strict.client_pem()), path);
        assert_eq!(status, "200", "{why}");
        for stranger in [None, Some(open.client_pem())] {
            let (status, _) = curl(&strict, strict.ca_pem(), stranger, path);
            assert_eq!(status, "000");
        }
        let (status, _) = curl(&strict, open.ca_pem(), Some(strict.client_pem()), path);
        assert_eq!(status, "000", "it is of another authority");
        assert_eq!(strict.shown(), [true]);
        assert_eq!(proxy.count(path), 3);
    }
}
