//! Which request goes through which script.

use super::{Behaviour, Recorded, Script};

/// Rules in the order they were set, and what happens to the rest.
#[derive(Default)]
pub(crate) struct Scripts {
    rules: Vec<(Rule, Script)>,
    otherwise: Option<Script>,
}

enum Rule {
    Path(String),
    Matching(Box<dyn Fn(&Recorded) -> bool + Send>),
}

impl Rule {
    fn applies(&self, request: &Recorded) -> bool {
        match self {
            Self::Path(path) => *path == request.path,
            Self::Matching(matches) => matches(request),
        }
    }
}

impl Scripts {
    /// Replaces an earlier script of the path.
    pub(crate) fn on(&mut self, path: &str, script: Script) {
        self.rules
            .retain(|(rule, _)| !matches!(rule, Rule::Path(old) if old == path));
        self.rules.push((Rule::Path(path.to_owned()), script));
    }

    pub(crate) fn on_match(
        &mut self,
        predicate: impl Fn(&Recorded) -> bool + Send + 'static,
        script: Script,
    ) {
        self.rules
            .push((Rule::Matching(Box::new(predicate)), script));
    }

    pub(crate) fn set_otherwise(&mut self, script: Script) {
        self.otherwise = Some(script);
    }

    /// What the rule set last for such a request says; none where no rule takes it.
    pub(crate) fn ruled(&mut self, request: &Recorded) -> Option<Behaviour> {
        let mut rules = self.rules.iter_mut().rev();
        let (_, script) = rules.find(|(rule, _)| rule.applies(request))?;
        Some(script.next())
    }

    /// What happens to requests that no rule takes, where something was said of them.
    pub(crate) fn otherwise(&mut self) -> Option<Behaviour> {
        self.otherwise.as_mut().map(Script::next)
    }
}
