//! Values that cannot print what they hide.
