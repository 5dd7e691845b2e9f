//! `mirror-report`: what the mirror of the profile in force answered, beside what its upstreams did.

use delivery::{MirrorReport, Share};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Call;
use crate::app::App;
use crate::failure::Failure;

/// Asks what mirrors answered.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct MirrorReports {}

/// What mirrors answered since Larder runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Mirrored {
    /// The mirror of the profile in force.
    pub mirror: Option<BesideShown>,
    /// Those that were asked, by name.
    pub reports: Vec<MirrorReport>,
}

/// A canary or a mirror that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BesideShown {
    /// Its name.
    pub name: String,
    /// For which share of the modules, in percent.
    pub share: Share,
    /// What is wrong with it, as the rest of a sentence.
    pub trouble: Option<String>,
}

impl BesideShown {
    pub(super) fn of(beside: &delivery::Beside) -> Self {
        Self {
            name: beside.upstream.name().to_owned(),
            share: beside.share,
            trouble: crate::degraded::trouble(&beside.upstream),
        }
    }
}

impl Call for MirrorReports {
    const NAME: &'static str = "mirror-report";
    type Answer = Mirrored;

    async fn run(self, app: &App) -> Result<Mirrored, Failure> {
        let delivery = app.serving()?.delivery();
        Ok(Mirrored {
            mirror: delivery.profile().mirror().map(BesideShown::of),
            reports: delivery.mirrors(),
        })
    }
}
