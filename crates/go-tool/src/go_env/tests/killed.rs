//! stub
use super::super::replace::Step;
pub(in crate::go_env) fn at(_step: Step) {}
