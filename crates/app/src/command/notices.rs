//! `notices`: what a person must hear of, until it is put away.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::Failure;
use crate::notices::Notice;
use crate::notify::Fact;

/// Asks for the notices that nobody has put away.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct NoticesList {}

impl Call for NoticesList {
    const NAME: &'static str = "notices-list";
    type Answer = Vec<Notice>;

    async fn run(self, app: &App) -> Result<Vec<Notice>, Failure> {
        app.notices().all().await
    }
}

/// Puts a notice away, or all of them. The cause stays: should it show again, there is a new one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct NoticesDismiss {
    /// Which one; all where there is none.
    pub id: Option<u64>,
}

/// What was put away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Dismissed {
    /// How many.
    pub notices: u64,
}

impl Call for NoticesDismiss {
    const NAME: &'static str = "notices-dismiss";
    type Answer = Dismissed;

    async fn run(self, app: &App) -> Result<Dismissed, Failure> {
        let before = app.notices().all().await?;
        let notices = app.notices().dismiss(self.id).await?;
        for gone in before {
            if self.id.is_none_or(|id| id == gone.id) {
                let subject = gone.subject;
                app.hear(&Fact::HashPutAway { subject });
            }
        }
        Ok(Dismissed { notices })
    }
}
