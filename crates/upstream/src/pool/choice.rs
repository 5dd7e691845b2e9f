//! In which order the nodes of a pool are asked.

use super::NodeState;

/// A node at the moment when somebody asks.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) state: NodeState,
    pub(super) by_hand: bool,
    pub(super) departed: bool,
    /// On probation, and somebody else tries it just now.
    pub(super) on_trial: bool,
    /// It is at more than its share.
    pub(super) full: bool,
    /// It broke in this transfer already.
    pub(super) avoided: bool,
    pub(super) priority: u16,
    /// How much the module is its own.
    pub(super) score: f64,
}

/// How much hope there is, most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hope {
    Well,
    Probation,
    Departed,
    OnTrial,
    Ejected,
    ByHand,
}

impl Candidate {
    fn hope(&self) -> Hope {
        match self.state {
            NodeState::Ejected if self.by_hand => Hope::ByHand,
            NodeState::Ejected => Hope::Ejected,
            _ if self.departed => Hope::Departed,
            NodeState::Probation if self.on_trial => Hope::OnTrial,
            NodeState::Probation => Hope::Probation,
            NodeState::Healthy | NodeState::Slow => Hope::Well,
        }
    }
}

/// All of them, in the order in which they are to be asked. Nobody is left out: a pool is never stranded.
///
/// Those that do well come first, by priority; of one priority, the slow ones after the others, then those that are at
/// more than their share, then as the module's hash says.
pub(super) fn order(candidates: &[Candidate]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    let rank = |candidate: &Candidate| {
        (
            candidate.avoided,
            candidate.hope(),
            candidate.priority,
            candidate.state == NodeState::Slow,
            candidate.full,
        )
    };
    order.sort_by(|&one, &other| {
        let (one, other) = (&candidates[one], &candidates[other]);
        rank(one)
            .cmp(&rank(other))
            .then(other.score.total_cmp(&one.score))
    });
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn healthy(score: f64) -> Candidate {
        Candidate {
            state: NodeState::Healthy,
            by_hand: false,
            departed: false,
            on_trial: false,
            full: false,
            avoided: false,
            priority: 0,
            score,
        }
    }

    #[test]
    fn each_reason_to_be_asked_later() {
        let all = [
            Candidate {
                avoided: true,
                ..healthy(9.0)
            },
            Candidate {
                state: NodeState::Ejected,
                by_hand: true,
                ..healthy(8.0)
            },
            Candidate {
                state: NodeState::Ejected,
                ..healthy(7.0)
            },
            Candidate {
                departed: true,
                ..healthy(6.0)
            },
            Candidate {
                state: NodeState::Probation,
                ..healthy(5.0)
            },
            Candidate {
                priority: 10,
                ..healthy(4.5)
            },
            Candidate {
                state: NodeState::Slow,
                ..healthy(4.0)
            },
            Candidate {
                full: true,
                ..healthy(3.0)
            },
            healthy(1.0),
            healthy(2.0),
        ];
        assert_eq!(order(&all), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn of_those_on_probation_one_at_a_time_is_tried() {
        let probation = |on_trial| Candidate {
            state: NodeState::Probation,
            on_trial,
            ..healthy(1.0)
        };
        let departed = Candidate {
            departed: true,
            ..healthy(1.0)
        };
        assert_eq!(
            order(&[probation(true), departed, probation(false)]),
            [2, 1, 0]
        );
    }

    fn any_candidate() -> impl Strategy<Value = Candidate> {
        let state = prop_oneof![
            Just(NodeState::Healthy),
            Just(NodeState::Slow),
            Just(NodeState::Ejected),
            Just(NodeState::Probation)
        ];
        let flags = any::<[bool; 5]>();
        (state, flags, 0u16..3, 0.0..1.0f64).prop_map(
            |(state, [by_hand, departed, on_trial, full, avoided], priority, score)| Candidate {
                state: if by_hand { NodeState::Ejected } else { state },
                by_hand,
                departed,
                on_trial,
                full,
                avoided,
                priority,
                score,
            },
        )
    }

    proptest! {
        #[test]
        fn nobody_is_left_out_and_the_well_come_first(
            candidates in proptest::collection::vec(any_candidate(), 0..12)
        ) {
            let asked = order(&candidates);
            let mut sorted = asked.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..candidates.len()).collect::<Vec<_>>());
            let is_well = |candidate: &Candidate| {
                candidate.hope() == Hope::Well && !candidate.avoided
            };
            if candidates.iter().any(is_well) {
                prop_assert!(is_well(&candidates[asked[0]]));
            }
        }
    }
}
