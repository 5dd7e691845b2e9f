//! `larder notices`: what needs attention, shown until it is put away.
