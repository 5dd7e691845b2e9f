//! Every option that can't be used, with what it says.

use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::{Deadlines, HttpClients};

/// A certificate and its key, in PEM.
fn pair() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["bobby.corp.example".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn built(options: &HttpOptions) -> Result<(), HttpOptionsError> {
    HttpClients::with(&Deadlines::default(), options).map(drop)
}

fn ca(pems: &[&str]) -> HttpOptions {
    HttpOptions {
        extra_ca: pems.iter().map(|pem| pem.as_bytes().to_vec()).collect(),
        ..HttpOptions::default()
    }
}

fn client(pem: &str) -> HttpOptions {
    HttpOptions {
        client_certificate: Some(Secret::new(pem)),
        ..HttpOptions::default()
    }
}

fn proxy(url: &str) -> HttpOptions {
    HttpOptions {
        proxy: ProxyChoice::Url(SafeUrl::parse(url).unwrap()),
        ..HttpOptions::default()
    }
}

#[test]
fn what_is_good_is_taken() {
    let (certificate, key) = pair();
    let other = pair().0;
    let chatty = format!("subject=/CN=bobby\n{certificate}\r\nissuer=/CN=x\n{key}");
    let crlf = format!("{certificate}{key}").replace('\n', "\r\n");
    // As `openssl ecparam -genkey` writes it.
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    for options in [
        HttpOptions::default(),
        ca(&[&certificate]),
        ca(&[&format!("{certificate}{other}"), &other]),
        client(&format!("{certificate}{key}")),
        client(&format!("{key}{certificate}{other}")),
        client(&chatty),
        client(&crlf),
        client(&format!("{parameters}{key}{certificate}")),
        proxy("http://proxy.corp.example:3128"),
        proxy("https://porter:p%40ss@proxy.corp.example/"),
        proxy("http://[::1]:3128"),
        HttpOptions {
            proxy: ProxyChoice::Direct,
            ..HttpOptions::default()
        },
    ] {
        assert_eq!(built(&options), Ok(()), "{options:?}");
    }
}

#[test]
fn what_is_no_proxy() {
    for (url, want) in [
        (
            "file:///etc/proxy",
            HttpOptionsError::ProxyScheme {
                scheme: "file".to_owned(),
            },
        ),
        (
            "http://porter:pass@proxy.corp.example/proxy.pac",
            HttpOptionsError::ProxyPath {
                path: "/proxy.pac".to_owned(),
            },
        ),
    ] {
        let error = built(&proxy(url)).unwrap_err();
        assert_eq!(error, want);
        let said = error.to_string();
        assert!(said.contains("http://host:port"), "{said}");
        assert!(!said.contains("porter") && !said.contains("pass"), "{said}");
    }
}

#[test]
fn what_is_no_certificate_of_an_authority() {
    let (certificate, key) = pair();
    let of = PemOf::ExtraCa(0);
    let second = PemOf::ExtraCa(1);
    let der = String::from_utf8_lossy(&[0x30, 0x82, 3, 0]).into_owned();
    let cut = &certificate[..certificate.len() / 2];
    let base64 = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let begin = "-----BEGIN CERTIFICATE\nAAAA\n-----END CERTIFICATE-----\n";
    let other = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = |cause: &str| HttpOptionsError::DamagedPem {
        of,
        cause: cause.to_owned(),
    };
    for (options, want) in [
        (ca(&[""]), HttpOptionsError::NotPem { of }),
        (ca(&[&der]), HttpOptionsError::NotPem { of }),
        (
            ca(&[&certificate, "x"]),
            HttpOptionsError::NotPem { of: second },
        ),
        (ca(&[&key]), HttpOptionsError::NoCertificate { of }),
        (
            ca(&[cut]),
            damaged("a part breaks off before its -----END line"),
        ),
        (ca(&[base64]), damaged("a part is not base64")),
        (ca(&[begin]), damaged("a line -----BEGIN is not whole")),
    ] {
        assert_eq!(built(&options), Err(want));
    }
    let error = built(&ca(&[&certificate, other])).unwrap_err();
    assert!(
        matches!(error, HttpOptionsError::NotACertificate { of, .. } if of == second),
        "{error:?}"
    );
    assert!(error.to_string().starts_with("the extra CA (no. 2) holds"));
}

#[test]
fn what_is_no_client_certificate() {
    let of = PemOf::ClientCertificate;
    let (certificate, key) = pair();
    let (other, _) = pair();
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let older = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    for (pem, want) in [
        ("PFX".to_owned(), HttpOptionsError::NotPem { of }),
        (key.clone(), HttpOptionsError::NoCertificate { of }),
        (certificate.clone(), HttpOptionsError::NoKey),
        (
            format!("{certificate}{encrypted}"),
            HttpOptionsError::EncryptedKey,
        ),
        (
            format!("{certificate}{older}"),
            HttpOptionsError::EncryptedKey,
        ),
        (format!("{other}{key}"), HttpOptionsError::KeyDoesNotFit),
        (
            format!("{other}{certificate}{key}"),
            HttpOptionsError::KeyDoesNotFit,
        ),
    ] {
        assert_eq!(built(&client(&pem)), Err(want), "{pem}");
    }
    let unusable = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let error = built(&client(&format!("{certificate}{unusable}"))).unwrap_err();
    assert!(
        matches!(error, HttpOptionsError::UnusableKey { .. }),
        "{error:?}"
    );
    let not_x509 = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = built(&client(&format!("{not_x509}{key}"))).unwrap_err();
    assert!(
        matches!(error, HttpOptionsError::NotACertificate { of, .. } if of == PemOf::ClientCertificate),
        "{error:?}"
    );
}

#[test]
fn nothing_prints_a_key_or_a_password() {
    let (certificate, key) = pair();
    let options = HttpOptions {
        proxy: ProxyChoice::Url(
            SafeUrl::parse("http://porter:hunter2@proxy.corp.example:3128").unwrap(),
        ),
        extra_ca: vec![certificate.clone().into_bytes()],
        client_certificate: Some(Secret::new(format!("{certificate}{key}"))),
    };
    let clients = HttpClients::with(&Deadlines::default(), &options).unwrap();
    let line = key.lines().nth(1).unwrap();
    // A key whose lines are broken must not be quoted by the error about it.
    let broken = format!(
        "{certificate}{}",
        key.replace(line, &format!("-----BEGIN {line}"))
    );
    let error = built(&client(&broken)).unwrap_err();
    let shown = format!("{options:?} {options:#?} {clients:?} {error} {error:?}");
    for hidden in ["porter", "hunter2", line, &line[..16]] {
        assert!(!shown.contains(hidden), "{hidden} is shown in {shown}");
    }
}
