# The verbs that a person types; what they do is in scripts/.

# `LARDER_PROFILE=dev make run` builds quickly and serves slowly.
export LARDER_PROFILE ?= release
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))

# The tests give go one build cache that lasts, so that it compiles its standard library once.
export LARDER_TEST_GOCACHE := $(TARGET)/test-gocache

.NOTPARALLEL:
.PHONY: help run test check matrix bench bench-failover monitoring-test collector-test dist dist-test

help: ## list these verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## build Larder and run it: in the tray where there is a display, headless where not
	@scripts/setup run
	@exec scripts/run

test: check ## check, then run every test
	@scripts/step 'build of the window' scripts/ui build
	@scripts/step 'build of the tests' cargo test --workspace --no-run
	@scripts/run-tests

# Tests with chance in them go further: kills at more moments, more cases made up. Each prints what repeats it. Then real
# projects are stocked, and worked on with no network (docs/OFFLINE.md).
matrix: export LARDER_TEST_ROUNDS ?= 500
matrix: export PROPTEST_CASES ?= 20000
matrix: ## run every test, those that leave something to chance for much longer, and real projects offline
	@scripts/setup test
	@scripts/step 'build of the window' scripts/ui build
	@scripts/step 'build of the tests' cargo test --workspace --no-run
	@scripts/run-tests
	@scripts/step 'real projects, offline' cargo test --package larder --test matrix -- --ignored --nocapture

check: ## look at the sources: format, layers, licences, lints, links in the docs
	@scripts/setup test
	@scripts/step 'format' cargo fmt --all --check
	@scripts/step 'layers, licences, tidiness' cargo run --quiet --package check-layers
	@scripts/step 'the window: types, lint, unit tests' scripts/ui check
	@scripts/step 'lints' cargo clippy --workspace --all-targets -- -D warnings
	@RUSTDOCFLAGS='-D warnings' scripts/step 'links in the docs' \
		cargo doc --workspace --no-deps --document-private-items

# All is built before anything is measured; `make bench ARGS="warm conns"` measures these parts only.
bench: ## measure Larder beside nginx and beside its upstream
	@scripts/setup bench
	@scripts/ui build
	@cargo build --release --package larder --package larder-tray --bins
	@cargo build --release --package bench
	@exec $(TARGET)/release/bench --larder $(TARGET)/release/larder $(ARGS)

bench-failover: ## measure how clients fare while nodes of an upstream fail
	@$(MAKE) --no-print-directory bench ARGS='no-pool failover mirror'

monitoring-test: ## from an alert to an action, with the real Prometheus and Alertmanager
	@scripts/setup test
	@cargo test --package larder --test monitoring -- --ignored an_alert

collector-test: ## traces at the real OpenTelemetry collector, which is built first, over the network
	@scripts/setup test
	@cargo test --package larder --test monitoring -- --ignored the_real_collector

dist: ## build the packages: a .deb and an .rpm
	@scripts/setup dist
	@scripts/ui build
	@cargo build --profile $(LARDER_PROFILE) --package larder --package larder-tray --bins
	@scripts/dist

dist-test: ## install, start, upgrade and remove the .deb on this machine, as root
	@scripts/setup test
	@scripts/dist-test
