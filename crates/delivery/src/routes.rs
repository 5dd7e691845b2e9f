//! Where a path may go: private patterns, rules by pattern, and what lies outside the checksum database.

use go_module::{Patterns, TOOLCHAIN};
use jiff::Timestamp;
use upstream::{Chain, Upstream};

/// Where the paths of a profile go.
#[derive(Debug)]
pub struct Routes {
    /// Private patterns, as GOPRIVATE has them: these paths reach no public upstream and no database.
    pub private: Patterns,
    /// What is private in other profiles, and by that here, where it goes nowhere unless a private pattern or rule of this
    /// profile is for it.
    pub private_elsewhere: Vec<Elsewhere>,
    /// Paths that are not private here though they are elsewhere.
    pub not_private: Patterns,
    /// Where private paths go that no rule sends elsewhere; nowhere if there is none.
    pub private_chain: Option<Chain>,
    /// Rules by pattern; the first that matches decides.
    pub rules: Vec<Rule>,
    /// Where all other paths go.
    pub chain: Chain,
    /// Public paths that lie outside the checksum database, as GONOSUMDB has them.
    pub no_database: Patterns,
    /// Paths that a person has let through unverified, each until its time.
    pub allowed: Vec<Allowed>,
}

/// What is private in another profile.
#[derive(Clone, Debug)]
pub struct Elsewhere {
    /// That profile's name.
    pub profile: String,
    /// Which paths.
    pub patterns: Patterns,
}

/// Sends the paths under some patterns to upstreams of their own.
#[derive(Debug)]
pub struct Rule {
    /// Which paths.
    pub patterns: Patterns,
    /// Whether these paths are private: then this rule is for private paths alone, else for the others alone, so that a
    /// broad rule never leads a private path out.
    pub private: bool,
    /// Where they go.
    pub chain: Chain,
}

/// Paths that a person has let through unverified.
#[derive(Debug)]
pub struct Allowed {
    /// Which paths.
    pub patterns: Patterns,
    /// Until when.
    pub until: Timestamp,
}

/// Whether the checksum database speaks for a path, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// It does: nothing of the path is taken for good that it doesn't vouch for.
    Database,
    /// The profile has none.
    Off,
    /// The path is private: its name is nobody's business.
    Private,
    /// The path is excepted (GONOSUMDB).
    Excepted,
    /// A person has let it through for a time.
    Allowed,
}

/// Where one path goes.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// What is asked before them: never of a private path, nor where a rule decides.
    pub canary: Option<&'a Upstream>,
    /// The upstreams it may reach; none for a private path that has no place.
    pub chain: Option<&'a Chain>,
    /// Whether it is private.
    pub private: bool,
    /// The other profile that alone makes it private.
    pub private_in: Option<&'a str>,
    /// Which rule sends it there, counted from 0; none for the profile's own lists.
    pub rule: Option<usize>,
    /// Whether the database speaks for it.
    pub cover: Cover,
}

impl Routes {
    /// All paths go to this chain, and all of them are covered by the database.
    pub fn all_to(chain: Chain) -> Self {
        Self {
            private: Patterns::default(),
            private_elsewhere: Vec::new(),
            not_private: Patterns::default(),
            private_chain: None,
            rules: Vec::new(),
            chain,
            no_database: Patterns::default(),
            allowed: Vec::new(),
        }
    }

    /// Whether a path is private, by this profile or by another one.
    pub fn is_private(&self, path: &str) -> bool {
        self.is_own(path) || self.private_in(path).is_some()
    }

    /// Whether a path is private by this profile.
    fn is_own(&self, path: &str) -> bool {
        self.private.matches(path)
            || self
                .rules
                .iter()
                .any(|rule| rule.private && rule.patterns.matches(path))
    }

    /// The other profile by which a path is private.
    fn private_in(&self, path: &str) -> Option<&str> {
        let mut others = self.private_elsewhere.iter();
        let other = others.find(|other| other.patterns.matches(path))?;
        (!self.not_private.matches(path)).then_some(&*other.profile)
    }

    /// Where a path goes.
    pub(crate) fn route(&self, path: &str, has_database: bool) -> Route<'_> {
        let is_own = self.is_own(path);
        let private_in = if is_own { None } else { self.private_in(path) };
        if private_in.is_some() {
            return Route {
                canary: None,
                chain: None,
                private: true,
                private_in,
                rule: None,
                cover: self.cover(path, true, has_database),
            };
        }
        let private = is_own;
        let rule = self
            .rules
            .iter()
            .position(|rule| rule.private == private && rule.patterns.matches(path));
        let chain = match rule {
            Some(rule) => Some(&self.rules[rule].chain),
            None if private => self.private_chain.as_ref(),
            None => Some(&self.chain),
        };
        Route {
            canary: None,
            chain,
            private,
            private_in,
            rule,
            cover: self.cover(path, private, has_database),
        }
    }

    fn cover(&self, path: &str, private: bool, has_database: bool) -> Cover {
        if !has_database {
            Cover::Off
        } else if path == TOOLCHAIN {
            // A program that runs unasked: asked about whatever the patterns say (`useSumDB`, cmd/go
            // `internal/modfetch/sumdb.go`).
            Cover::Database
        } else if private {
            Cover::Private
        } else if self.no_database.matches(path) {
            Cover::Excepted
        } else if self.is_allowed(path) {
            Cover::Allowed
        } else {
            Cover::Database
        }
    }

    fn is_allowed(&self, path: &str) -> bool {
        // The clock is read only where somebody has allowed something.
        let mut matching = self.allowed.iter().filter(|it| it.patterns.matches(path));
        matching.any(|allowed| Timestamp::now() < allowed.until)
    }

    /// The list that public paths go to where no rule says otherwise.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// All upstreams of all lists, each once.
    pub fn upstreams(&self) -> Vec<&Upstream> {
        let rules = self.rules.iter().map(|rule| &rule.chain);
        let chains = std::iter::once(&self.chain)
            .chain(&self.private_chain)
            .chain(rules);
        let mut all: Vec<&Upstream> = Vec::new();
        for upstream in chains.flat_map(Chain::upstreams) {
            if all.iter().all(|known| known.id() != upstream.id()) {
                all.push(upstream);
            }
        }
        all
    }
}
