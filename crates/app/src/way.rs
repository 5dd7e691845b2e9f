//! The way to the upstreams of a profile: HTTP proxy, extra authority, client certificate, and the clients that go it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use secret::Secret;
use upstream::{Deadlines, HttpClients, HttpOptions, HttpOptionsError, PemOf, ProxyChoice};

use crate::failure::{Code, Failure};
use crate::settings::{ProfileSettings, ProxyWish};

/// The most that is read of a file: whole bundles of authorities are smaller.
const LARGEST: u64 = 4 << 20;
/// The most sets of clients that are kept for another time.
const MOST: usize = 8;

/// The HTTP clients of all profiles, shared where they go the same way.
pub(crate) struct Ways {
    limits: Deadlines,
    usual: HttpClients,
    others: Mutex<Vec<(HttpOptions, HttpClients)>>,
}

impl Ways {
    pub(crate) fn new(limits: Deadlines) -> Self {
        Self {
            usual: HttpClients::new(&limits),
            limits,
            others: Mutex::default(),
        }
    }

    /// The clients of a profile that says nothing of the way.
    pub(crate) fn usual(&self) -> &HttpClients {
        &self.usual
    }

    /// The clients of this profile. Its files are read each time, so that a certificate that was renewed is used from the
    /// next time on when the profile is put in force.
    ///
    /// # Errors
    /// `bad-input` where a file or the proxy can't be used.
    pub(crate) async fn of(&self, profile: &ProfileSettings) -> Result<HttpClients, Failure> {
        let (ca, certificate) = (profile.extra_ca.clone(), profile.client_certificate.clone());
        if profile.http_proxy.is_none() && ca.is_none() && certificate.is_none() {
            return Ok(self.usual.clone());
        }
        let reading = tokio::task::spawn_blocking(move || {
            let ca = ca.map(|path| read(&path, false)).transpose()?;
            let certificate = certificate.map(|path| read(&path, true)).transpose()?;
            Ok::<_, Failure>((ca, certificate))
        });
        let (ca, certificate) = reading
            .await
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))??;
        let proxy = match profile.http_proxy.as_ref().map(|proxy| proxy.value()) {
            None => ProxyChoice::Environment,
            Some(ProxyWish::Off) => ProxyChoice::Direct,
            Some(ProxyWish::Url(url)) => ProxyChoice::Url(url.clone()),
        };
        let options = HttpOptions {
            proxy,
            extra_ca: ca.into_iter().map(String::into_bytes).collect(),
            client_certificate: certificate.map(Secret::new),
        };
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, clients)) = others.iter().find(|(same, _)| *same == options) {
            return Ok(clients.clone());
        }
        let clients =
            HttpClients::with(&self.limits, &options).map_err(|error| unusable(profile, &error))?;
        if others.len() == MOST {
            others.remove(0);
        }
        others.push((options, clients.clone()));
        Ok(clients)
    }
}

/// The text of a file in PEM; of one with a key, only where nobody else can read it.
fn read(path: &Path, has_key: bool) -> Result<String, Failure> {
    let shown = path.display();
    let bad = |reason: String| Failure::new(Code::BadInput, reason);
    let what = if has_key {
        "client certificate"
    } else {
        "extra CA"
    };
    let unread = |error: io::Error| {
        bad(format!("the {what} {shown} can't be read: {error}"))
            .hint("settings.toml names it: mend the path, or take the line out")
    };
    // Looked at before it is opened: to open a pipe waits for its writer.
    if !std::fs::metadata(path).map_err(unread)?.is_file() {
        return Err(bad(format!("the {what} {shown} is no regular file")));
    }
    let file = File::open(path).map_err(unread)?;
    let found = file.metadata().map_err(unread)?;
    if has_key && found.mode() & 0o077 != 0 {
        return Err(bad(format!(
            "the {what} {shown} holds a key, and others can read it (mode {:03o})",
            found.mode() & 0o777
        ))
        .hint(format!("run: chmod 600 {shown}")));
    }
    let mut text = String::new();
    file.take(LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => bad(format!(
                "the {what} {shown} is not in PEM, which is text; one in DER becomes PEM by: openssl x509 -inform der -in FILE -out FILE.pem"
            )),
            _ => unread(error),
        })?;
    if text.len() as u64 > LARGEST {
        return Err(bad(format!("the {what} {shown} is larger than 4 MiB")));
    }
    Ok(text)
}

fn unusable(profile: &ProfileSettings, error: &HttpOptionsError) -> Failure {
    let file = match error {
        HttpOptionsError::ProxyScheme { .. }
        | HttpOptionsError::ProxyPath { .. }
        | HttpOptionsError::ProxyUnusable => None,
        HttpOptionsError::NotPem { of }
        | HttpOptionsError::DamagedPem { of, .. }
        | HttpOptionsError::NoCertificate { of }
        | HttpOptionsError::NotACertificate { of, .. } => match of {
            PemOf::ExtraCa(_) => profile.extra_ca.as_ref(),
            PemOf::ClientCertificate => profile.client_certificate.as_ref(),
        },
        HttpOptionsError::NoKey
        | HttpOptionsError::EncryptedKey
        | HttpOptionsError::UnusableKey { .. }
        | HttpOptionsError::KeyDoesNotFit => profile.client_certificate.as_ref(),
    };
    let failure = Failure::new(
        Code::BadInput,
        format!("profile {} can't be used: {error}", profile.name),
    );
    match file {
        Some(path) => failure.hint(format!("the file is {}", path.display())),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn ways() -> Ways {
        Ways::new(Deadlines::default())
    }

    #[tokio::test]
    async fn a_key_that_others_can_read_is_refused_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.pem");
        fs::write(&path, "-----BEGIN PRIVATE KEY-----\nS3CRET\n").unwrap();
        let mut profile = ProfileSettings::new("company");
        profile.client_certificate = Some(path.clone());
        for (mode, says) in [
            (0o644, "chmod 600"),
            (0o640, "chmod 600"),
            (0o600, "client.pem"),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let failure = ways().of(&profile).await.err().unwrap();
            let shown = format!("{failure:?}");
            assert_eq!(failure.code, Code::BadInput);
            assert!(shown.contains(says) && !shown.contains("S3CRET"), "{shown}");
        }
    }

    #[tokio::test]
    async fn profiles_that_go_the_same_way_share_their_clients() {
        let ways = ways();
        let mut one = ProfileSettings::new("one");
        one.http_proxy = Some("http://proxy.corp.example:3128".parse().unwrap());
        let mut other = ProfileSettings::new("other");
        other.http_proxy = one.http_proxy.clone();
        ways.of(&one).await.unwrap();
        ways.of(&other).await.unwrap();
        ways.of(&ProfileSettings::new("public")).await.unwrap();
        assert_eq!(ways.others.lock().unwrap().len(), 1);
        other.http_proxy = Some("off".parse().unwrap());
        ways.of(&other).await.unwrap();
        assert_eq!(ways.others.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn what_is_not_there_or_no_pem_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let mut profile = ProfileSettings::new("company");
        profile.extra_ca = Some(path.clone());
        for content in [None, Some(&b"\xff\xfe\x00"[..]), Some(b"hello")] {
            if let Some(content) = content {
                fs::write(&path, content).unwrap();
            }
            let failure = ways().of(&profile).await.err().unwrap();
            assert!(format!("{failure:?}").contains("ca.pem"), "{failure:?}");
        }
    }
}
