//! What stands in the way of the go env file, as a person is told of it.

use go_tool::GoError;
use go_tool::go_env::EnvError;

use crate::failure::{Code, Failure};

/// The failure that an error of the go env file is.
pub(super) fn of_file(error: &EnvError) -> Failure {
    let code = match error {
        // What the caller has set.
        EnvError::Off
        | EnvError::NoPlace { .. }
        | EnvError::Relative { .. }
        | EnvError::NotText { .. }
        | EnvError::Key { .. }
        | EnvError::Value { .. } => Code::BadInput,
        EnvError::DanglingLink { .. }
        | EnvError::InTheWay { .. }
        | EnvError::Unreadable { .. }
        | EnvError::TooLarge { .. }
        | EnvError::ReadOnlyFile { .. }
        | EnvError::ReadOnlyFolder { .. }
        | EnvError::ForeignOwner { .. }
        | EnvError::Changed { .. }
        | EnvError::Write { .. } => Code::Disk,
    };
    Failure::new(code, error.to_string())
}

/// The failure that an error of the go command is.
pub(super) fn of_go(error: &GoError) -> Failure {
    Failure::new(Code::Go, error.to_string())
}

/// Blocking work that did not come to its end.
pub(super) fn of_task(error: &tokio::task::JoinError) -> Failure {
    Failure::new(Code::Internal, error.to_string())
}
