//! The go command: found, asked for its settings, run as a child for direct.
