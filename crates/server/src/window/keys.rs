//! Who may use the window: codes that let one page in once, and the keys that pages get for them. All in memory: what was
//! let in ends with the instance.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::{Failure, fresh_token};
use secret::Secret;
use tokio_util::sync::CancellationToken;

/// How long a code lets in.
pub(super) const CODE_LASTS: Duration = Duration::from_secs(60);
/// After how long without a request a key is forgotten.
const KEY_IDLES: Duration = Duration::from_secs(12 * 60 * 60);
/// How many codes wait at once, and how many keys there are; the oldest give way.
const CODES: usize = 8;
const KEYS: usize = 32;

/// The codes and keys of one instance.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Held>);

#[derive(Default)]
struct Held {
    codes: Vec<Code>,
    keys: Vec<Key>,
}

struct Code {
    code: Secret,
    until: Instant,
    /// Cancelled when it was used or gave way.
    spent: CancellationToken,
}

struct Key {
    key: Secret,
    last: Instant,
}

impl Keys {
    /// A new code, and what tells that it is spent.
    pub(super) fn new_code(&self, now: Instant) -> Result<(Secret, CancellationToken), Failure> {
        let (code, spent) = (fresh_token()?, CancellationToken::new());
        let mut held = self.held(now);
        if held.codes.len() >= CODES {
            held.codes.remove(0).spent.cancel();
        }
        held.codes.push(Code {
            code: code.clone(),
            until: now + CODE_LASTS,
            spent: spent.clone(),
        });
        Ok((code, spent))
    }

    /// A key for a code, which is then spent; nothing where there is no such code any more.
    pub(super) fn enter(&self, given: &str, now: Instant) -> Result<Option<Secret>, Failure> {
        let (given, key) = (Secret::new(given), fresh_token()?);
        let mut held = self.held(now);
        let Some(at) = held.codes.iter().position(|code| code.code == given) else {
            return Ok(None);
        };
        held.codes.remove(at).spent.cancel();
        if held.keys.len() >= KEYS {
            let oldest = (0..held.keys.len()).min_by_key(|at| held.keys[*at].last);
            held.keys.remove(oldest.unwrap_or_default());
        }
        held.keys.push(Key {
            key: key.clone(),
            last: now,
        });
        Ok(Some(key))
    }

    /// Whether this is a key; it then lasts on.
    pub(crate) fn hold(&self, given: &str, now: Instant) -> bool {
        let given = Secret::new(given);
        let mut held = self.held(now);
        let found = held.keys.iter_mut().find(|key| key.key == given);
        found.map(|key| key.last = now).is_some()
    }

    /// What holds at this time.
    fn held(&self, now: Instant) -> std::sync::MutexGuard<'_, Held> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.codes.retain(|code| now < code.until);
        held.keys.retain(|key| now < key.last + KEY_IDLES);
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_lets_in_once() {
        let (keys, now) = (Keys::default(), Instant::now());
        let (code, spent) = keys.new_code(now).unwrap();
        assert!(keys.enter("", now).unwrap().is_none());
        assert!(!spent.is_cancelled());
        let key = keys.enter(code.expose(), now).unwrap().unwrap();
        assert!(spent.is_cancelled());
        assert!(keys.hold(key.expose(), now));
        assert!(!keys.hold(code.expose(), now), "a code is no key");
        assert!(keys.enter(code.expose(), now).unwrap().is_none(), "spent");
        assert!(keys.enter(key.expose(), now).unwrap().is_none(), "no code");
    }

    #[test]
    fn a_code_is_too_old_after_a_minute() {
        let (keys, now) = (Keys::default(), Instant::now());
        let (code, _) = keys.new_code(now).unwrap();
        let later = now + CODE_LASTS;
        assert!(keys.enter(code.expose(), later).unwrap().is_none());
    }

    #[test]
    fn a_key_lasts_while_it_is_used() {
        let (keys, mut now) = (Keys::default(), Instant::now());
        let (code, _) = keys.new_code(now).unwrap();
        let key = keys.enter(code.expose(), now).unwrap().unwrap();
        for _ in 0..3 {
            now += KEY_IDLES - Duration::from_secs(1);
            assert!(keys.hold(key.expose(), now));
        }
        assert!(!keys.hold(key.expose(), now + KEY_IDLES));
    }

    #[test]
    fn the_oldest_give_way() {
        let (keys, now) = (Keys::default(), Instant::now());
        let (first, spent) = keys.new_code(now).unwrap();
        for _ in 0..CODES {
            keys.new_code(now).unwrap();
        }
        assert!(spent.is_cancelled());
        assert!(keys.enter(first.expose(), now).unwrap().is_none());
        let entered = |at: Instant| {
            let (code, _) = keys.new_code(at).unwrap();
            keys.enter(code.expose(), at).unwrap().unwrap()
        };
        let oldest = entered(now);
        let later = now + Duration::from_secs(1);
        let others: Vec<Secret> = (0..KEYS).map(|_| entered(later)).collect();
        assert!(!keys.hold(oldest.expose(), later));
        assert!(others.iter().all(|key| keys.hold(key.expose(), later)));
    }
}
