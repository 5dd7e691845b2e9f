//! The files of docs/monitoring are as Prometheus and Alertmanager read them, and the alerts do what their tests say.

use std::process::Command;

use crate::file;

/// Runs a check of theirs on files of docs/monitoring.
#[track_caller]
fn checked(program: &str, args: &[&str], name: &str) {
    let done = Command::new(program)
        .args(args)
        .arg(name)
        .current_dir(file(""))
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; scripts/setup test brings it"));
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(done.status.success(), "{program} {args:?} {name}: {said}");
}

#[test]
fn prometheus_takes_its_settings_and_the_rules() {
    checked("promtool", &["check", "config"], "prometheus.yml");
}

#[test]
fn each_alert_does_what_its_test_says() {
    checked("promtool", &["test", "rules"], "alerts.test.yml");
}

#[test]
fn each_alert_has_a_test() {
    let read = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    let (rules, tests) = (read("alerts.yml"), read("alerts.test.yml"));
    let alerts = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let untested: Vec<&str> = alerts
        .filter(|alert| !tests.contains(&format!("alertname: {alert}")))
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn alertmanager_takes_its_settings() {
    checked("amtool", &["check-config"], "alertmanager.yml");
}
