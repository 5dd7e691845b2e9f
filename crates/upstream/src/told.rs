//! What went wrong at an upstream, in a few words, and what mends it: for the story of a request.

use crate::UpstreamError;

impl UpstreamError {
    /// In a few words on one line; what to do about it is [`UpstreamError::mend`]'s to say.
    pub fn in_short(&self) -> String {
        match self {
            Self::NotFound { status, text } => with(&format!("{status} not found"), text),
            Self::Refused { status, text } => with(&format!("{status} refused"), text),
            Self::CredentialsMissing { text } => {
                with("not asked, its credentials could not be had", text)
            }
            Self::Throttled { text, .. } => with("429 too many requests", text),
            Self::Status { status, text } => with(&format!("answered {status}"), text),
            Self::Unreachable { step, cause } => {
                with(&format!("could not be reached: {step}"), cause)
            }
            Self::Timeout { stage, after } => format!("{stage} within {} s", after.as_secs_f32()),
            Self::Broken { cause } => with("the answer broke off", cause),
            Self::TooLarge { cap } => format!("the answer is larger than {cap} bytes"),
            Self::Redirect { reason } => with(
                "redirected to where Larder does not go",
                &reason.to_string(),
            ),
            Self::Loop => "it leads back to Larder itself".to_owned(),
            Self::Malformed { reason } => with("the answer is not usable", reason),
            Self::Direct { text } => with("direct fetch failed", text),
            Self::Off => "off: nobody is asked".to_owned(),
        }
    }

    /// What a person can do about it, where there is something.
    pub fn mend(&self) -> Option<String> {
        let mend = match self {
            Self::Refused { .. } => {
                "check what it is shown (larder credentials, larder login) and its rules"
            }
            Self::Throttled { .. } => "leave it alone for a while",
            Self::Status { .. } => "ask whoever runs it, or try again later",
            Self::Unreachable { step, .. } => step.advice(),
            Self::Timeout { .. } => "the network or the upstream is slow or down: try again later",
            Self::Broken { .. } => "try again",
            Self::Loop => "take Larder's own address out of the upstreams",
            Self::Malformed { .. } => {
                "look at its address with a browser: a sign-in or error page, perhaps"
            }
            Self::NotFound { .. }
            | Self::CredentialsMissing { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Direct { .. }
            | Self::Off => return None,
        };
        Some(mend.to_owned())
    }
}

/// What it was, and the first line of what was said.
fn with(what: &str, text: &str) -> String {
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!("{what}: {line}"),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Step;

    #[test]
    fn in_short_is_one_line_without_the_advice() {
        let unreachable = UpstreamError::Unreachable {
            step: Step::Name,
            cause: "no such host\nat all".to_owned(),
        };
        assert_eq!(
            unreachable.in_short(),
            "could not be reached: name look-up: no such host"
        );
        assert!(unreachable.mend().unwrap().contains("online"));
        let gone = UpstreamError::NotFound {
            status: 410,
            text: "\n".to_owned(),
        };
        assert_eq!(
            (gone.in_short().as_str(), gone.mend()),
            ("410 not found", None)
        );
    }
}
