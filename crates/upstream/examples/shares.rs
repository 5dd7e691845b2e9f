//! Prints how even the shares of nodes are and how much moves, with rendezvous hashing and with a ring beside it:
//! `cargo run -p upstream --example shares`. The table is kept in docs/decisions/0025.

#![allow(clippy::print_stdout)]

#[path = "../src/pool/rendezvous.rs"]
#[allow(dead_code)]
mod rendezvous;

#[path = "../tests/shares/measure.rs"]
mod measure;
#[path = "../tests/shares/ring.rs"]
mod ring;

use std::time::Instant;

use measure::{Effort, Hashing, Rendezvous, measure};
use ring::Ring;

const EFFORT: Effort = Effort {
    sets: 20,
    modules: 50_000,
};
/// How often an owner is looked up to know how long that takes.
const LOOKS: usize = 200_000;
/// Modules of lengths as they are.
const KEYS: [&str; 4] = [
    "corp.example/team/tool",
    "example.com/m/v2",
    "corp.example/platform/services/billing/client",
    "github.example/someone/something",
];

fn main() {
    println!(
        "| nodes | hashing | deviation of shares | moved by one more node (ideal) | most that one node takes over when another fails | one look |"
    );
    println!("|---|---|---|---|---|---|");
    for nodes in [4, 8, 16] {
        for virtual_nodes in [128, 160, 256] {
            print(nodes, &format!("ring of {virtual_nodes}"), |names| {
                Ring::new(names, virtual_nodes)
            });
        }
        print(nodes, "rendezvous", |names| Rendezvous(names.to_vec()));
    }
}

/// One line of the table.
fn print<H: Hashing>(nodes: usize, hashing: &str, make: impl Fn(&[String]) -> H) {
    let figures = measure(nodes, EFFORT, &make);
    assert_eq!(
        figures.moved_in_vain, 0.0,
        "only the new node's share moves"
    );
    let names: Vec<String> = (0..nodes).map(|at| format!("10.0.0.{at}:8443")).collect();
    let looked = make(&names);
    let begun = Instant::now();
    let sum: usize = (0..LOOKS)
        .map(|at| looked.owner(KEYS[at % KEYS.len()]))
        .sum();
    let took = begun.elapsed().as_nanos() / LOOKS as u128;
    assert!(sum > 0);
    println!(
        "| {nodes} | {hashing} | {:.1} % | {:.1} % ({:.1} %) | {:.2} of an even part | {took} ns |",
        figures.deviation * 100.0,
        figures.moved * 100.0,
        100.0 / (nodes + 1) as f64,
        figures.burden,
    );
}
