//! Whose module it is, pinned; and how rendezvous hashing holds against a ring (`cargo run -p upstream --example shares`).

#[path = "../../src/pool/rendezvous.rs"]
#[allow(dead_code)]
mod rendezvous;

mod measure;
mod ring;

use measure::{Effort, Rendezvous, measure};
use ring::Ring;

/// Module and node, for sets of nodes; written by an implementation of its own.
const GOLDEN: &str = include_str!("../fixtures/rendezvous.txt");

#[test]
fn the_same_module_goes_to_the_same_node_for_ever() {
    let mut nodes: Vec<(&str, u16)> = Vec::new();
    let mut checked = 0;
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        if first == "nodes" {
            let node = |word: &'static str| {
                let (name, weight) = word.rsplit_once('*').unwrap_or((word, "1"));
                (name, weight.parse().unwrap_or(1))
            };
            nodes = words.map(node).collect();
            continue;
        }
        let wanted: Vec<&str> = words.collect();
        let mut order = nodes.clone();
        let of = |(name, weight): &(&str, u16)| rendezvous::score(name, *weight, first);
        order.sort_by(|one, other| of(other).total_cmp(&of(one)));
        let order: Vec<&str> = order.into_iter().map(|(name, _)| name).collect();
        assert_eq!(order, wanted, "{first}");
        checked += 1;
    }
    assert!(checked >= 30, "{checked}");
}

#[test]
fn weights_are_kept_to() {
    let nodes = [
        ("10.0.0.1:443", 3),
        ("10.0.0.2:443", 1),
        ("10.0.0.3:443", 0),
    ];
    let mut counts = [0u32; 3];
    for module in 0..20_000 {
        let key = format!("corp.example/m{module}");
        let of = |(name, weight): &(&str, u16)| rendezvous::score(name, *weight, &key);
        let owner = (0..3).max_by(|&one, &other| of(&nodes[one]).total_cmp(&of(&nodes[other])));
        counts[owner.unwrap_or_default()] += 1;
    }
    let [three, one, none] = counts.map(|count| f64::from(count) / 20_000.0);
    assert!((0.735..0.765).contains(&three), "{three}");
    assert!((0.235..0.265).contains(&one), "{one}");
    assert!(none < 0.01, "{none}: next to nothing");
}

#[test]
fn shares_are_even_and_little_moves() {
    let effort = Effort {
        sets: 6,
        modules: 4_000,
    };
    for nodes in [4, 8, 16] {
        let ideal = 1.0 / (nodes + 1) as f64;
        let rendezvous = measure(nodes, effort, |names| Rendezvous(names.to_vec()));
        // Nothing but the chance of 4,000 draws is left: the square root of nodes by modules.
        let chance = (nodes as f64 / 4_000.0).sqrt();
        assert!(
            rendezvous.deviation < 1.3 * chance,
            "{nodes}: {rendezvous:?}"
        );
        assert!((rendezvous.moved - ideal).abs() < 0.008, "{rendezvous:?}");
        assert_eq!(rendezvous.moved_in_vain, 0.0, "{rendezvous:?}");
        assert!(rendezvous.burden < 1.5, "{rendezvous:?}");
        for virtual_nodes in [128, 160, 256] {
            let ring = measure(nodes, effort, |names| Ring::new(names, virtual_nodes));
            assert_eq!(ring.moved_in_vain, 0.0, "{ring:?}");
            assert!((ring.moved - ideal).abs() < 0.02, "{ring:?}");
            assert!(
                (0.03..0.16).contains(&ring.deviation),
                "{nodes} nodes, {virtual_nodes} virtual ones: {ring:?}"
            );
            assert!(rendezvous.deviation < ring.deviation);
            assert!(rendezvous.burden < ring.burden);
        }
    }
}
