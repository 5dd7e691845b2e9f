//! Exit codes: the one table that the program follows, and that `--help` and the man page show.

use std::fmt::Write as _;
use std::process::ExitCode;

use app::Code;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked.
    Done,
    /// It could not, for the reason on stderr.
    Failed,
    /// What was asked makes no sense. clap ends with the same code for what it finds.
    Usage,
    /// Larder is not running.
    NotRunning,
    /// The cache holds damaged files, or hashes disagree.
    Damaged,
    /// Another instance runs already, or another program holds the port.
    Taken,
    /// The settings file can't be used.
    Settings,
    /// A signal ended it before it was done: 128 and the number of SIGINT, as shells say it.
    Interrupted,
    /// As the program ended that was run (vulncheck): its code is passed on.
    Theirs(u8),
}

impl Exit {
    /// All of them, as the table shows them.
    const ALL: [Self; 8] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::NotRunning,
        Self::Damaged,
        Self::Taken,
        Self::Settings,
        Self::Interrupted,
    ];

    /// The number that the shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotRunning => 3,
            Self::Damaged => 4,
            Self::Taken => 5,
            Self::Settings => 6,
            Self::Interrupted => 130,
            Self::Theirs(code) => code,
        }
    }

    /// What it means, for the table.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => {
                "it failed (the reason is on stderr), could not check all (verify), or found fault (doctor)"
            }
            Self::Usage => "what was asked makes no sense",
            Self::NotRunning => {
                "Larder is not running (status, goproxy), or nobody holds its port (env on, service status)"
            }
            Self::Damaged => {
                "the cache holds damaged files (cache verify), or hashes disagree (verify)"
            }
            Self::Taken => {
                "another Larder, or another program at its port, stands in the way (serve)"
            }
            Self::Settings => "settings.toml can't be used as it is; it was left untouched",
            Self::Interrupted => "interrupted",
            Self::Theirs(_) => "as the program ended that was run (vulncheck)",
        }
    }

    /// How a failure of this kind ends the program.
    pub(crate) const fn of(code: Code) -> Self {
        match code {
            Code::NotRunning => Self::NotRunning,
            Code::AlreadyRunning | Code::PortTaken => Self::Taken,
            Code::BadInput => Self::Usage,
            Code::BadSettings => Self::Settings,
            Code::Cancelled => Self::Interrupted,
            Code::Disk | Code::Go | Code::NotFound | Code::Protocol | Code::Internal => {
                Self::Failed
            }
        }
    }

    /// The table as help text.
    pub(crate) fn table() -> String {
        let mut text = String::from("Exit codes:\n");
        for exit in Self::ALL {
            // Writing to a String does not fail.
            let _ = writeln!(text, "  {:>3}  {}", exit.code(), exit.meaning());
        }
        let theirs = Self::Theirs(0).meaning();
        let _ = writeln!(text, "    …  {theirs}");
        text
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_its_own() {
        let codes: HashSet<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes.len(), Exit::ALL.len());
    }

    #[test]
    fn a_failure_never_looks_like_success() {
        for code in [
            Code::NotRunning,
            Code::AlreadyRunning,
            Code::PortTaken,
            Code::BadInput,
            Code::BadSettings,
            Code::Disk,
            Code::Go,
            Code::NotFound,
            Code::Cancelled,
            Code::Protocol,
            Code::Internal,
        ] {
            assert_ne!(Exit::of(code), Exit::Done, "{code:?}");
            assert_ne!(
                Exit::of(code),
                Exit::Damaged,
                "{code:?}: that is an answer, not a failure"
            );
        }
    }

    #[test]
    fn the_table_is_what_scripts_rely_on() {
        insta::assert_snapshot!(Exit::table());
    }
}
