# `make run` and `make test` set up what is missing; each works as the only command typed on a fresh machine.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

.PHONY: run test build setup

## Serve http://127.0.0.1:3000 on embedded SQLite, with faults on.
run: setup
	cargo leptos build
	target/ci/postonce --faults on

## Everything: formatting, lints, unit, simulation, conformance on SQLite and Postgres, API and browser tests.
test:
	scripts/test

## The release: target/release/postonce and target/site.
build:
	scripts/setup release
	cargo leptos build --release

setup:
	scripts/setup build
