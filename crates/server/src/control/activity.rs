//! The feeds, followed; of the activity log also a page and its end.

use std::sync::Arc;

use app::command;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use crate::control::Shared;
use crate::control::lines::lines;
use crate::control::reply::{Outcome, given, json};

/// How many entries are given at once, at most, and where nothing is said.
const MOST: usize = 10_000;
const USUAL: usize = 100;

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: i64,
    limit: Option<usize>,
}

type Asked = Result<Query<Page>, QueryRejection>;

impl Page {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(USUAL).min(MOST)
    }
}

pub(super) async fn after(State(shared): State<Arc<Shared>>, page: Asked) -> Outcome {
    let Query(page) = given(page)?;
    json(
        &shared
            .app
            .activity()
            .after(page.after, page.limit())
            .await?,
    )
}

pub(super) async fn last(State(shared): State<Arc<Shared>>, page: Asked) -> Outcome {
    let Query(page) = given(page)?;
    json(&shared.app.activity().last(page.limit()).await?)
}

pub(super) async fn follow(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    page: Asked,
) -> Outcome {
    let Query(page) = given(page)?;
    let items = command::follow(&shared.app, &name, page.after)?;
    Ok(lines(&shared, items))
}
