//! A programmable fake upstream, temporary homes and a guard against foreign dials; for tests.
