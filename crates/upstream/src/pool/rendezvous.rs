//! Whose module it is: weighted rendezvous hashing ("highest random weight", Thaler and Ravishankar 1998).
//!
//! Every node draws a number from its own name and the module's path; the highest draw is whose module it is, the next
//! one stands in for it. When a node comes or goes, only its own modules move, and they come from, or go to, all others
//! alike. docs/decisions/0025 holds it against a ring.

use siphasher::sip::SipHasher24;

/// The key of the hash: fixed for ever, since the same module must go to the same node from every laptop and after every
/// update.
const KEY: (u64, u64) = (0x6c61_7264_6572_2e30, 0x706f_6f6c_6e6f_6465);

/// What a node of weight 0 counts among others: next to nothing (RFC 2782).
const ALMOST_NOTHING: f64 = 0.01;

/// The draw of a node for a key, pinned by golden vectors.
pub(crate) fn draw(node: &str, key: &str) -> u64 {
    use std::hash::Hasher;
    let mut hasher = SipHasher24::new_with_keys(KEY.0, KEY.1);
    hasher.write(node.as_bytes());
    // No name has this byte, so no two pairs are written alike.
    hasher.write(&[0xff]);
    hasher.write(key.as_bytes());
    hasher.finish()
}

/// What a weight counts.
pub(crate) fn mass(weight: u16) -> f64 {
    if weight == 0 {
        ALMOST_NOTHING
    } else {
        f64::from(weight)
    }
}

/// How much a node wants the key: the highest has it. With equal weights the order is that of the draws.
pub(crate) fn score(node: &str, weight: u16, key: &str) -> f64 {
    // Within (0, 1), so that the logarithm is negative and finite.
    let drawn = (draw(node, key) >> 11) as f64 + 0.5;
    let unit = drawn / (1u64 << 53) as f64;
    -mass(weight) / unit.ln()
}
