//! The bridge: those who send requests ask for a header's value, and the places keep credentials.

use credential::{Credential, KeptIn, Origin};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use upstream::Authorization;

use super::Credentials;

impl Credentials {
    /// The value for this origin, and the credential that it was made of.
    async fn value(&self, origin: &str) -> Result<Option<(Authorization, Credential)>, String> {
        let origin: Origin = origin
            .parse()
            .map_err(|error: credential::OriginError| error.to_string())?;
        let found = self
            .found(&origin)
            .await
            .map_err(|error| error.to_string())?;
        let Some(credential) = found else {
            // To ask without it would be answered "refused", which says nothing of what is to be done.
            return match self.opened() {
                None if self.known().has(&origin, KeptIn::EncryptedFile) => {
                    Err(self.closed().message)
                }
                None | Some(_) => Ok(None),
            };
        };
        let Some(value) = credential.authorization(&origin) else {
            return Ok(None);
        };
        let authorization = Authorization::header(value).map_err(|error| error.to_string())?;
        Ok(Some((authorization, credential)))
    }
}

impl upstream::Credentials for Credentials {
    fn present<'a>(
        &'a self,
        origin: &'a str,
    ) -> BoxFuture<'a, Result<Option<Authorization>, String>> {
        let value = self.value(origin);
        value
            .map(|found| Ok(found?.map(|(value, _)| value)))
            .boxed()
    }

    fn refused<'a>(&'a self, origin: &'a str, presented: &'a Authorization) -> BoxFuture<'a, bool> {
        async move {
            match self.value(origin).await {
                Ok(Some((value, credential))) if value == *presented => {
                    self.was_refused(&credential)
                }
                // A newer one is there already.
                Ok(Some(_)) => true,
                Ok(None) | Err(_) => false,
            }
        }
        .boxed()
    }
}
