//! Files in Go's own download layout, the index over them, and lasting state.
