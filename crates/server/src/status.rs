//! The one table that turns an error into an HTTP status.
//!
//! For `go` this is behaviour: after `,` in a GOPROXY list, 404 and 410 mean "ask the next", everything else "stop". So
//! only what is known not to be there may become one of the two, and no arm here is a wildcard.

use app::Code;
use delivery::{DatabaseError, DeliveryError};
use http::StatusCode;
use upstream::UpstreamError;

/// The status of a module request that failed.
pub(crate) fn of_delivery(error: &DeliveryError) -> StatusCode {
    match error {
        DeliveryError::NotFound(chain)
        | DeliveryError::Refused(chain)
        | DeliveryError::Outage(chain) => of_upstream(&chain.cause),
        DeliveryError::StillNotFound { gone: true, .. } => StatusCode::GONE,
        DeliveryError::StillNotFound { gone: false, .. }
        | DeliveryError::NotKept
        // The one outage that becomes "not there": it is said so by name, and `go` is to go on with what there is.
        | DeliveryError::Offline { .. }
        | DeliveryError::OtherChecksumDb { .. } => StatusCode::NOT_FOUND,
        DeliveryError::Malformed { .. }
        | DeliveryError::Mismatch(_)
        | DeliveryError::Changed(_) => StatusCode::BAD_GATEWAY,
        DeliveryError::Unverified { cause, .. } => of_unverified(cause),
        DeliveryError::Database(cause) => of_database(cause),
        DeliveryError::OutsideDatabase { .. } | DeliveryError::PrivateNowhere { .. } => {
            StatusCode::FORBIDDEN
        }
        DeliveryError::Store(_) | DeliveryError::Read(_) => StatusCode::INTERNAL_SERVER_ERROR,
        DeliveryError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The status of a file that could not be verified. Never 404: `go` would ask the next one, which nobody verifies.
fn of_unverified(cause: &DatabaseError) -> StatusCode {
    match cause {
        DatabaseError::NotThere { .. } => StatusCode::FORBIDDEN,
        DatabaseError::NotKept { .. } => StatusCode::BAD_GATEWAY,
        DatabaseError::Unreachable { .. }
        | DatabaseError::Refused { .. }
        | DatabaseError::Fork { .. }
        | DatabaseError::Store(_)
        | DatabaseError::Stopping => of_database(cause),
    }
}

/// The status of a request to the checksum database.
fn of_database(cause: &DatabaseError) -> StatusCode {
    match cause {
        DatabaseError::NotThere { cause, .. } | DatabaseError::Unreachable { cause, .. } => {
            of_upstream(&cause.cause)
        }
        DatabaseError::NotKept { .. } => StatusCode::NOT_FOUND,
        DatabaseError::Refused { .. } | DatabaseError::Fork { .. } => StatusCode::BAD_GATEWAY,
        DatabaseError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        DatabaseError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The status for what an upstream said, or for why it said nothing.
fn of_upstream(error: &UpstreamError) -> StatusCode {
    match error {
        UpstreamError::NotFound { status: 410, .. } => StatusCode::GONE,
        UpstreamError::NotFound { .. } | UpstreamError::Off => StatusCode::NOT_FOUND,
        UpstreamError::Refused { status: 401, .. } | UpstreamError::CredentialsMissing { .. } => {
            StatusCode::UNAUTHORIZED
        }
        UpstreamError::Refused { .. } => StatusCode::FORBIDDEN,
        UpstreamError::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
        UpstreamError::Loop => StatusCode::LOOP_DETECTED,
        UpstreamError::Throttled { .. }
        | UpstreamError::Status { .. }
        | UpstreamError::Unreachable { .. }
        | UpstreamError::Broken { .. }
        | UpstreamError::TooLarge { .. }
        | UpstreamError::Redirect { .. }
        | UpstreamError::Malformed { .. }
        | UpstreamError::Direct { .. } => StatusCode::BAD_GATEWAY,
    }
}

/// The status of a control request that failed. Its client reads the code in the body; this is for others.
pub(crate) fn of_failure(code: Code) -> StatusCode {
    match code {
        Code::BadInput | Code::Protocol => StatusCode::BAD_REQUEST,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyRunning | Code::PortTaken | Code::Cancelled => StatusCode::CONFLICT,
        Code::BadSettings | Code::Disk | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Go => StatusCode::BAD_GATEWAY,
        Code::NotRunning => StatusCode::SERVICE_UNAVAILABLE,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use upstream::{ChainError, RedirectRefusal, Stage, Step};

    use super::*;

    fn text() -> String {
        "text".to_owned()
    }

    fn every_upstream_error() -> Vec<(UpstreamError, u16)> {
        let redirect = |reason| (UpstreamError::Redirect { reason }, 502);
        vec![
            (
                UpstreamError::NotFound {
                    status: 404,
                    text: text(),
                },
                404,
            ),
            (
                UpstreamError::NotFound {
                    status: 410,
                    text: text(),
                },
                410,
            ),
            (UpstreamError::Off, 404),
            (
                UpstreamError::Refused {
                    status: 401,
                    text: text(),
                },
                401,
            ),
            (
                UpstreamError::Refused {
                    status: 403,
                    text: text(),
                },
                403,
            ),
            (UpstreamError::CredentialsMissing { text: text() }, 401),
            (
                UpstreamError::Throttled {
                    retry_after: None,
                    text: text(),
                },
                502,
            ),
            (
                UpstreamError::Status {
                    status: 500,
                    text: text(),
                },
                502,
            ),
            (
                UpstreamError::Status {
                    status: 418,
                    text: text(),
                },
                502,
            ),
            (
                UpstreamError::Unreachable {
                    step: Step::Name,
                    cause: text(),
                },
                502,
            ),
            (
                UpstreamError::Timeout {
                    stage: Stage::FirstByte,
                    after: Duration::from_secs(1),
                },
                504,
            ),
            (
                UpstreamError::Timeout {
                    stage: Stage::Connect,
                    after: Duration::from_secs(1),
                },
                504,
            ),
            (UpstreamError::Broken { cause: text() }, 502),
            (UpstreamError::TooLarge { cap: 1 }, 502),
            redirect(RedirectRefusal::TooMany),
            redirect(RedirectRefusal::Downgrade),
            (UpstreamError::Loop, 508),
            (UpstreamError::Malformed { reason: text() }, 502),
            (UpstreamError::Direct { text: text() }, 502),
        ]
    }

    #[test]
    fn what_an_upstream_says_has_its_status() {
        for (cause, status) in every_upstream_error() {
            let not_found = matches!(status, 404 | 410);
            assert_eq!(
                cause.is_not_found(),
                not_found,
                "only what is not there may send go to the next: {cause}"
            );
            let chain = ChainError {
                cause: cause.clone(),
                upstream: "u.example".to_owned(),
                tried: vec![("u.example".to_owned(), cause.clone())],
            };
            let error = DeliveryError::from(chain);
            assert_eq!(of_delivery(&error).as_u16(), status, "{cause}");
        }
    }

    #[test]
    fn what_larder_says_has_its_status() {
        let store = store::StoreError::DiskFull {
            doing: "write",
            path: "/x".into(),
        };
        for (error, status) in [
            (
                DeliveryError::StillNotFound {
                    reason: text(),
                    gone: false,
                    ttl: Duration::ZERO,
                },
                404,
            ),
            (
                DeliveryError::StillNotFound {
                    reason: text(),
                    gone: true,
                    ttl: Duration::ZERO,
                },
                410,
            ),
            (DeliveryError::NotKept, 404),
            (
                DeliveryError::Offline {
                    asked: text(),
                    reason: text(),
                    offline: Arc::new(delivery::Offline {
                        since: jiff::Timestamp::UNIX_EPOCH,
                        why: None,
                    }),
                },
                404,
            ),
            (
                DeliveryError::OtherChecksumDb {
                    asked: text(),
                    ours: text(),
                },
                404,
            ),
            (
                DeliveryError::Malformed {
                    asked: text(),
                    upstream: text(),
                    reason: text(),
                },
                502,
            ),
            (DeliveryError::Store(Arc::new(store)), 500),
            (
                DeliveryError::Read(Arc::new(std::io::ErrorKind::UnexpectedEof.into())),
                500,
            ),
            (DeliveryError::Stopping, 503),
        ] {
            assert_eq!(of_delivery(&error).as_u16(), status, "{error}");
        }
    }
}
