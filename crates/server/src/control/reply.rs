//! JSON in and out, and a failure as `{code, message, hints}`.

use std::fmt::Display;
use std::time::Duration;

use app::{Code, Failure};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;

use crate::status;

/// The largest JSON body that is taken, in bytes.
const LARGEST: usize = 1 << 20;

/// What a handler gives.
pub(super) type Outcome = Result<Response, Refusal>;

/// A failure as an answer.
pub(super) struct Refusal(Failure);

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // Three plain fields; there is no way for that to fail, but the client reads an empty body too.
        let text = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = of_type("application/json", text.into());
        *response.status_mut() = status::of_failure(self.0.code);
        response
    }
}

/// An answer as JSON.
pub(super) fn json(answer: &impl Serialize) -> Outcome {
    let text = serde_json::to_vec(answer).map_err(|error| {
        Failure::new(
            Code::Internal,
            format!("an answer can't be written as JSON: {error}"),
        )
    })?;
    Ok(of_type("application/json", text.into()))
}

/// A body of this type.
pub(super) fn of_type(content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What stands in the path or the query of a request.
pub(super) fn given<T>(extracted: Result<T, impl Display>) -> Result<T, Failure> {
    extracted.map_err(|error| {
        Failure::new(
            Code::Protocol,
            format!("the request's address is not of the form this instance knows: {error}"),
        )
    })
}

/// Reads the JSON of a request; an empty body is `{}`.
pub(super) async fn read(request: Request, within: Duration) -> Result<Value, Refusal> {
    let bytes = timeout(within, to_bytes(request.into_body(), LARGEST))
        .await
        .map_err(|_| {
            Failure::new(
                Code::Protocol,
                format!("the request did not end within {} s", within.as_secs()),
            )
        })?
        .map_err(|error| {
            Failure::new(
                Code::Protocol,
                format!("the request can't be read (it may have {LARGEST} bytes at most): {error}"),
            )
        })?;
    if bytes.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(Code::Protocol, format!("the request is no JSON: {error}")).into()
    })
}
