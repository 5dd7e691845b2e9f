//! The module graph: which go.mod files a build looks at, and which version of each module it selects.
//!
//! The rules are minimal version selection (<https://go.dev/ref/mod#minimal-version-selection>) over a graph that is
//! pruned (<https://go.dev/ref/mod#graph-pruning>): a module with a go line from 1.17 on names all that its packages
//! need, so what its requirements require is left out. Workspaces have rules of their own. Followed is cmd/go
//! `internal/modload/buildlist.go` (`readModGraph`, `updatePrunedRoots`) and `internal/mvs/graph.go`.
//!
//! A [`Walk`] is pure: it names the go.mod files that it needs, and the caller brings them.

mod roots;
#[cfg(test)]
mod tests;
mod walk;

pub use roots::{Folder, Roots};
pub use walk::{Miss, Selected, Source, Walk, WalkError};
