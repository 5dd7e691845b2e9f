//! Traces as the real OpenTelemetry collector takes them. It is built of its own modules with the collector builder, through
//! whatever GOPROXY this machine has.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use test_support::{DeadAddress, FakeProxy, Larder, Module, TempHome, http};

use crate::program::Program;
use crate::{bin, larder, until};

const BUILDER: &str = "go.opentelemetry.io/collector/cmd/builder@v0.150.0";

const PARTS: &str = "\
dist: {name: collector, output_path: ./built, module: example.com/collector}
receivers:
  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v0.150.0
exporters:
  - gomod: go.opentelemetry.io/collector/exporter/debugexporter v0.150.0
providers:
  - gomod: go.opentelemetry.io/collector/confmap/provider/fileprovider v1.56.0
  - gomod: go.opentelemetry.io/collector/confmap/provider/envprovider v1.56.0
";

const SETTINGS: &str = "\
receivers: {otlp: {protocols: {http: {endpoint: '${env:LISTEN}'}}}}
exporters: {debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}
";

/// Runs a step of the build, with caches below this folder.
#[track_caller]
fn build(folder: &Path, program: &str, args: &[&str]) {
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(folder)
        .env("GOBIN", folder.join("bin"))
        .env("GOMODCACHE", folder.join("modules"))
        // So that the folder can be removed.
        .env("GOFLAGS", "-modcacherw")
        .env("GOWORK", "off");
    if let Some(cache) = std::env::var_os("LARDER_TEST_GOCACHE") {
        command.env("GOCACHE", cache);
    } else {
        command.env("GOCACHE", folder.join("cache"));
    }
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {args:?}: {said}");
}

#[test]
#[ignore = "builds the OpenTelemetry collector, over the network: make collector-test"]
fn the_real_collector_takes_a_trace() {
    let home = TempHome::new();
    let folder = home.path().join("collector");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("parts.yml"), PARTS).unwrap();
    fs::write(folder.join("settings.yml"), SETTINGS).unwrap();
    build(&folder, "go", &["install", BUILDER]);
    let builder = folder.join("bin/builder").display().to_string();
    build(&folder, &builder, &["--config=parts.yml"]);

    let listen = DeadAddress::new();
    let args = [
        format!("LISTEN={}", listen.addr()),
        folder.join("built/collector").display().to_string(),
        "--config=file:settings.yml".to_owned(),
    ];
    let collector = Program::start("env", &folder, &args);
    until("the collector listens", Duration::from_secs(30), || {
        collector.said().contains("Everything is ready")
    });

    let proxy = FakeProxy::start_blocking();
    proxy.add(&Module::simple("example.com/hello", "v1.0.0"));
    let options = ["--port", "0", "--upstreams", &proxy.url(), "--sumdb", "off"];
    let running = Larder::start(bin(), &home, &options);
    let to = listen.url();
    larder(
        &home,
        &["traces", "on", "--to", &to, "--environment", "laptop"],
    );
    let url = format!("{}/example.com/hello/@v/v1.0.0.zip", running.goproxy());
    http::get(&url).whole();
    until("the trace comes", Duration::from_secs(30), || {
        collector.said().contains("Name           : verification")
    });
    let said = collector.said();
    for part in [
        "service.name: Str(larder)",
        "deployment.environment.name: Str(laptop)",
        "Name           : GET /{module}/@v/{version}.zip",
        "Name           : rule",
        "Name           : cache",
        "Name           : upstream",
        "go.module: Str(example.com/hello)",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let shown = larder(&home, &["traces", "show"]).stdout;
    assert!(shown.contains("Traces are sent"), "{shown}");
}
