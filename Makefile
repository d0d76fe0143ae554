# `make run` and `make test` set up what is missing; each works as the only command typed on a fresh machine.
.PHONY: run test simulate random build bench

## Serve http://127.0.0.1:3000 on embedded SQLite, with faults on.
run:
	scripts/setup build
	scripts/build
	target/ci/postonce --faults on

## Everything: formatting, lints, unit, simulation, conformance on SQLite and Postgres, API and browser tests.
test:
	scripts/test

## The outbox under a million schedules of loss, crash, changed clocks and changed identities. SEED=… runs one alone.
simulate:
	SCHEDULES=$${SCHEDULES:-1000000} cargo test --profile ci -p protocol --test simulation no_schedule -- --nocapture

## Random stories in a real browser, judged by what must always hold: SEEDS=0..200 BROWSER=chromium.
random:
	scripts/setup test
	scripts/build
	npm --silent --prefix end2end run random -- --browser $(or $(BROWSER),chromium) --seeds $(or $(SEEDS),0..200)

## The release: target/release/postonce and target/site.
build:
	scripts/setup release
	scripts/build --release

## A table of ratios, and target/bench/results.json. LARGE=1 grows to ten million posts.
bench:
	scripts/setup release
	scripts/setup test
	scripts/bench
