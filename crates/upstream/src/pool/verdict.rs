//! What an error says of the node that it came from.

use crate::{RedirectRefusal, Step, UpstreamError};

use super::breaker::Blow;

/// Whether another node of the pool may answer otherwise.
pub(super) fn may_differ(error: &UpstreamError) -> bool {
    match error {
        UpstreamError::Throttled { .. }
        | UpstreamError::Timeout { .. }
        | UpstreamError::Broken { .. }
        | UpstreamError::Malformed { .. } => true,
        UpstreamError::Unreachable { step, .. } => match step {
            Step::Name | Step::Connect | Step::Tls | Step::Portal => true,
            // The same way leads to every node.
            Step::Proxy | Step::ProxyCredentials | Step::Folder | Step::VersionControl => false,
        },
        UpstreamError::Status { status, .. } => *status >= 500 || *status == 408,
        UpstreamError::Redirect { reason } => match reason {
            RedirectRefusal::TooMany
            | RedirectRefusal::NoTarget
            | RedirectRefusal::Scheme
            | RedirectRefusal::Downgrade
            | RedirectRefusal::Private => true,
            RedirectRefusal::PrivateName { .. } => false,
        },
        UpstreamError::NotFound { .. }
        | UpstreamError::Refused { .. }
        | UpstreamError::CredentialsMissing { .. }
        | UpstreamError::TooLarge { .. }
        | UpstreamError::Loop
        | UpstreamError::Direct { .. }
        | UpstreamError::Off => false,
    }
}

/// How bad it is for the node; none where the node did well, or nothing is known of it.
pub(super) fn blow(error: &UpstreamError) -> Option<Blow> {
    match error {
        UpstreamError::Unreachable {
            step: Step::Name | Step::Connect | Step::Tls,
            ..
        } => Some(Blow::Hard),
        // Before the head it is a connection that was reset; within a body the node itself may have been cut off.
        UpstreamError::Broken { .. } => Some(Blow::Hard),
        _ if may_differ(error) => Some(Blow::Soft),
        _ => None,
    }
}

/// Of the failures of several nodes, the one that tells most: that one answered, before that one was silent, before that
/// there was no way.
pub(super) fn tells_most<'a>(
    errors: impl IntoIterator<Item = &'a UpstreamError>,
) -> Option<&'a UpstreamError> {
    let rank = |error: &UpstreamError| match error {
        UpstreamError::Status { .. } | UpstreamError::Throttled { .. } => 0,
        UpstreamError::Malformed { .. } | UpstreamError::Redirect { .. } => 1,
        UpstreamError::Timeout { .. } | UpstreamError::Broken { .. } => 2,
        _ => 3,
    };
    // The first of those that tell the same.
    errors.into_iter().min_by_key(|error| rank(error))
}
