//! Who asks for something: a person, and from where; nobody, where Larder does it by itself.
//!
//! It goes along with the work, not in each request: a host says it once, around all that it asks. Over the control API
//! it is the header `X-Larder-By`; without it, it is the command line that asks.

use serde::{Deserialize, Serialize};

tokio::task_local! {
    static BY: By;
}

/// From where a person asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The command line.
    CommandLine,
    /// The window.
    Window,
    /// The tray's menu.
    Tray,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CommandLine, Self::Window, Self::Tray];

    /// One word, as the control API has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::CommandLine => "command-line",
            Self::Window => "window",
            Self::Tray => "tray",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.word() == word)
    }

    /// Does this for who asks from there.
    pub async fn asks<T>(self, work: impl Future<Output = T>) -> T {
        BY.scope(self, work).await
    }

    /// From where this is asked; none where Larder does it by itself, or nobody said.
    #[must_use]
    pub fn now() -> Option<Self> {
        BY.try_with(|by| *by).ok()
    }

    /// Whether the person sees what comes of it, as they have just clicked.
    pub(crate) fn sees_it(self) -> bool {
        match self {
            Self::CommandLine => false,
            Self::Window | Self::Tray => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_goes_along_with_the_work_and_no_further() {
        assert_eq!(By::now(), None);
        let inner = By::Tray.asks(async {
            let by_itself = tokio::spawn(async { By::now() }).await.unwrap();
            (By::now(), by_itself)
        });
        assert_eq!(inner.await, (Some(By::Tray), None));
        assert_eq!(By::now(), None);
    }

    #[test]
    fn each_has_its_word() {
        for by in By::ALL {
            assert_eq!(By::from_word(by.word()), Some(by));
        }
        assert_eq!(By::from_word("nobody"), None);
    }
}
