//! All that listens on the loopback address, and the client of the control API.
