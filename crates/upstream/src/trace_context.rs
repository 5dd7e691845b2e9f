//! W3C Trace Context: which trace a request belongs to, as `traceparent` and `tracestate` say it
//! (<https://www.w3.org/TR/trace-context/>). And to whom it is passed on: to hosts that a person named, and nobody else.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use secret::SafeUrl;

/// The longest `tracestate` that is taken along, in bytes.
const LONGEST_STATE: usize = 512;

/// The place of one piece of work in a trace.
#[derive(Clone, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
    state: Option<Arc<str>>,
}

impl TraceContext {
    /// The beginning of a trace of its own.
    pub fn new_root() -> Self {
        Self {
            trace: fastrand::u128(1..),
            span: fastrand::u64(1..),
            sampled: true,
            state: None,
        }
    }

    /// What a client sent; none where it is not as the standard has it. A later version is read as far as this one goes.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let mut parts = traceparent.trim().split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = hex(version, 2).filter(|version| *version != 0xff)?;
        if version == 0 && parts.next().is_some() {
            return None;
        }
        let state = tracestate.map(str::trim);
        let state = state.filter(|state| !state.is_empty() && state.len() <= LONGEST_STATE);
        Some(Self {
            trace: hex(trace, 32).filter(|trace| *trace != 0)?,
            span: u64::try_from(hex(span, 16)?).ok().filter(|id| *id != 0)?,
            sampled: hex(flags, 2)? & 1 == 1,
            state: state.map(Arc::from),
        })
    }

    /// A piece of this work.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            span: fastrand::u64(1..),
            ..self.clone()
        }
    }

    /// The trace.
    pub fn trace(&self) -> [u8; 16] {
        self.trace.to_be_bytes()
    }

    /// This piece of work.
    pub fn span(&self) -> [u8; 8] {
        self.span.to_be_bytes()
    }

    /// Whether who began the trace wants it written down.
    pub fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// As `traceparent` says it.
    pub fn traceparent(&self) -> String {
        let flags = u8::from(self.sampled);
        format!("00-{:032x}-{:016x}-{flags:02x}", self.trace, self.span)
    }

    /// `tracestate`, as it came.
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.traceparent())
    }
}

/// A number of so many lower-case hex digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != digits || !text.bytes().all(is_hex) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

/// The hosts to which the trace of a request is passed on. Clones share them, and so do the chains built with them.
#[derive(Clone, Debug, Default)]
pub struct PassOn(Arc<RwLock<Vec<String>>>);

impl PassOn {
    /// These, from now on.
    pub fn set(&self, hosts: Vec<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = hosts;
    }

    /// Whether the host of this URL is one of them.
    pub(crate) fn names(&self, url: &SafeUrl) -> bool {
        let hosts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        url.host_str()
            .map(|host| host.trim_end_matches('.'))
            .is_some_and(|host| hosts.iter().any(|named| named.eq_ignore_ascii_case(host)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_is_read_is_written_the_same() {
        let context = TraceContext::parse(PARENT, Some("corp=1,other=2")).unwrap();
        assert_eq!(context.traceparent(), PARENT);
        assert_eq!(context.tracestate(), Some("corp=1,other=2"));
        assert!(context.is_sampled());
        let child = context.child();
        assert_eq!(
            (child.trace(), child.tracestate()),
            (context.trace(), context.tracestate())
        );
        assert_ne!(child.span(), context.span());
        let unsampled = PARENT.replace("-01", "-00");
        let context = TraceContext::parse(&unsampled, None).unwrap();
        assert!(!context.is_sampled() && !context.child().is_sampled());
        let later = format!("{}-more", PARENT.replacen("00", "01", 1));
        assert!(TraceContext::parse(&later, None).is_some());
    }

    #[test]
    fn what_is_no_context_is_none() {
        for bad in [
            "",
            "00",
            &PARENT.to_uppercase(),
            &format!("{PARENT}-more"),
            &PARENT.replacen("00", "ff", 1),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
        ] {
            assert_eq!(TraceContext::parse(bad, None), None, "{bad}");
        }
        let long = "x".repeat(LONGEST_STATE + 1);
        let context = TraceContext::parse(PARENT, Some(&long)).unwrap();
        assert_eq!(context.tracestate(), None);
    }

    #[test]
    fn hosts_are_named_whole() {
        let pass_on = PassOn::default();
        let names = |url: &str| pass_on.names(&SafeUrl::parse(url).unwrap());
        assert!(!names("https://goproxy.corp.example"));
        pass_on.clone().set(vec!["GoProxy.corp.example".to_owned()]);
        assert!(names("https://goproxy.corp.example:8443/x"));
        assert!(names("http://goproxy.corp.example./"));
        assert!(!names("https://corp.example"));
        assert!(!names("https://x.goproxy.corp.example"));
    }
}
