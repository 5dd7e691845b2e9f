//! Addresses that settings name one by one: of nodes, pools and what stands beside a chain.

use secret::SafeUrl;

/// An address that is asked: http or https, without user info and query. The complaint quotes nothing of it.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub(crate) fn address(text: &str) -> Result<SafeUrl, String> {
    let url = SafeUrl::parse(text).map_err(|error| error.to_string())?;
    if url.user_info().is_some() {
        return Err("a user name and a password would stand in settings.toml in plain text; leave them out, and keep them with larder login".to_owned());
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err("this is no http or https URL".to_owned());
    }
    if url.as_url().query().is_some() || url.as_url().fragment().is_some() {
        return Err("the address of an upstream has no `?` and no `#`".to_owned());
    }
    Ok(url)
}

/// Whether two URLs are the same upstream: where it is, not who asks.
pub(super) fn is_same(one: &SafeUrl, other: &SafeUrl) -> bool {
    let path = |url: &SafeUrl| url.as_url().path().trim_end_matches('/').to_owned();
    one.origin() == other.origin() && path(one) == path(other)
}

/// A URL as a person writes it, without a slash for nothing at its end. What may not be shown is refused before.
pub(crate) fn written(url: &SafeUrl) -> String {
    url.to_string().trim_end_matches('/').to_owned()
}
