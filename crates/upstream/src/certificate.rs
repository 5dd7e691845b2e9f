//! Whose certificate a server shows, and who issued it: looked at where it was not trusted, for a person to know.
//!
//! Nothing is sent but the first message of the handshake, which ends there; nothing is believed of what is read.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};

use crate::text;

/// A server's certificate, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who issued it; the same where nobody else did.
    pub issuer: String,
}

/// The certificate of the server at one of these addresses; blocks, each step within the deadline.
pub(crate) fn of(host: &str, addresses: &[SocketAddr], within: Duration) -> Option<Certificate> {
    let mut stream = addresses
        .iter()
        .find_map(|address| TcpStream::connect_timeout(address, within).ok())?;
    stream.set_read_timeout(Some(within)).ok()?;
    stream.set_write_timeout(Some(within)).ok()?;
    let look = Arc::new(Look {
        provider: ring::default_provider(),
        seen: Mutex::default(),
    });
    let config = ClientConfig::builder_with_provider(Arc::new(look.provider.clone()))
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&look) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    // It ends in an error, as the look trusts nobody.
    drop(connection.complete_io(&mut stream));
    let seen = look.seen.lock().unwrap_or_else(PoisonError::into_inner);
    read(seen.as_deref()?)
}

/// Sees the certificate, and refuses it.
#[derive(Debug)]
struct Look {
    provider: CryptoProvider,
    seen: Mutex<Option<Vec<u8>>>,
}

impl ServerCertVerifier for Look {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = Some(end_entity.to_vec());
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        Err(refused())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(refused())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(refused())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn refused() -> rustls::Error {
    rustls::Error::General("it is only looked at".to_owned())
}

const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const VERSION: u8 = 0xa0;
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

/// Reads a certificate as far as the names go (RFC 5280, section 4.1).
fn read(der: &[u8]) -> Option<Certificate> {
    let (certificate, _) = value(der, SEQUENCE)?;
    let (mut fields, _) = value(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        (_, fields) = value(fields, VERSION)?;
    }
    let (_serial, fields) = element(fields)?;
    let (_algorithm, fields) = value(fields, SEQUENCE)?;
    let (issuer, fields) = value(fields, SEQUENCE)?;
    let (_validity, fields) = value(fields, SEQUENCE)?;
    let (subject, _) = value(fields, SEQUENCE)?;
    Some(Certificate {
        subject: name(subject),
        issuer: name(issuer),
    })
}

/// A name as a person would say it: `common name (organisation)`, or what there is of it.
fn name(mut sets: &[u8]) -> String {
    let (mut common, mut organisation) = (None, None);
    while let Some(((_, set), rest)) = element(sets) {
        sets = rest;
        let attribute = || {
            let (attribute, _) = value(set, SEQUENCE)?;
            let (kind, text) = value(attribute, OID)?;
            let ((_, text), _) = element(text)?;
            Some((kind, text::clean(text, &[])))
        };
        match attribute() {
            Some((COMMON_NAME, text)) => common = Some(text),
            Some((ORGANISATION, text)) => organisation = Some(text),
            Some(_) | None => {}
        }
    }
    match (common, organisation) {
        (Some(common), Some(organisation)) => format!("{common} ({organisation})"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "somebody without a name".to_owned(),
    }
}

/// The contents of the first element, which must be of this kind, and what stands behind it.
fn value(der: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let ((found, contents), rest) = element(der)?;
    (found == kind).then_some((contents, rest))
}

/// Kind and contents.
type Element<'a> = (u8, &'a [u8]);

/// The first element, and what stands behind it (X.690, section 8.1).
fn element(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&kind, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let length = match first {
        0..=0x7f => usize::from(first),
        0x81..=0x84 => {
            let (digits, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
            rest = behind;
            digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit))
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some(((kind, contents), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn certificate(organisation: Option<&str>) -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        let mut name = rcgen::DistinguishedName::new();
        name.push(rcgen::DnType::CommonName, "Ann\u{1b}[31m");
        if let Some(organisation) = organisation {
            name.push(rcgen::DnType::OrganizationName, organisation);
        }
        parameters.distinguished_name = name;
        parameters.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn names_are_read_and_made_fit_for_a_terminal() {
        let long = "x".repeat(200);
        for (organisation, name) in [
            (None, "Ann[31m".to_owned()),
            (Some("Corp"), "Ann[31m (Corp)".to_owned()),
            (Some(long.as_str()), format!("Ann[31m ({long})")),
        ] {
            let found = read(&certificate(organisation)).unwrap();
            assert_eq!((&found.subject, &found.issuer), (&name, &name));
        }
    }

    proptest! {
        #[test]
        fn what_is_damaged_is_no_reason_to_panic(cut in 0usize..600, at in 0usize..600, byte in any::<u8>()) {
            let mut der = certificate(Some("Corp"));
            let (cut, at) = (cut.min(der.len()), at % der.len());
            der[at] = byte;
            let _ = read(&der[..cut]);
            let _ = read(&der);
        }
    }
}
