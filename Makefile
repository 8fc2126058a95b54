# `make test` passes all tests; `make help` tells the rest.

PYTHON ?= python3
VENV := .venv
PIN := target/pin-venv
PYTEST := $(VENV)/bin/pytest
CARGO ?= cargo
STEP := @printf '\n== %s\n'

.NOTPARALLEL:
.PHONY: help test tools build test-rust test-conformance lint deny bench bench-tools requirements clean

help: ## Tell what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  %-22s %s\n' "$$name" "$$text"; done

test: tools lint deny test-rust test-conformance ## Install what is missing and pass all tests

tools: ## Install what the tests need and is missing (Debian packages)
	$(STEP) "tools"
	@sh conformance/tools.sh $(PYTHON) openssl curl

lint: ## Formatting, lints, the laws of the house
	$(STEP) "format"
	$(CARGO) fmt --all --check
	$(STEP) "lints"
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(STEP) "laws of the house"
	$(CARGO) xtask tidy

# One selection of targets for all steps: another would have other features, and build the tree again.
build:
	$(STEP) "build"
	$(CARGO) build --workspace --all-targets --locked

test-rust: build ## Unit and crate tests
	$(STEP) "unit and crate tests"
	$(CARGO) test --workspace --locked --quiet

test-conformance: $(VENV)/ready build ## Real clients against a started server
	$(STEP) "conformance"
	$(PYTEST) conformance

$(VENV)/ready: conformance/requirements.txt
	$(STEP) "python packages"
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--only-binary :all: --requirement conformance/requirements.txt
	@touch $@

deny: ## Licences, bans and sources of dependencies, with cargo-deny (installs it: some minutes)
	$(STEP) "licences, bans and sources of dependencies"
	@command -v cargo-deny > /dev/null || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --locked check licenses bans sources

bench: bench-tools ## Benchmarks side by side with reference servers
	$(CARGO) build --release --locked --workspace
	$(CARGO) run --release --locked --package thingpass-bench

bench-tools:
	@sh conformance/tools.sh $(PYTHON) openssl nginx:nginx-light

requirements: ## Pin the newest versions of conformance/requirements.in
	$(PYTHON) -m venv --clear $(PIN)
	$(PIN)/bin/python -m pip install --quiet pip-tools
	$(PIN)/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-annotate \
		--no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file conformance/requirements.txt.new conformance/requirements.in
	@{ echo '# Pinned from requirements.in with `make requirements`: versions and the hashes of their files.'; \
		cat conformance/requirements.txt.new; } > conformance/requirements.txt
	@rm -r conformance/requirements.txt.new $(PIN)

clean: ## Remove everything that was built
	$(CARGO) clean
	rm -rf $(VENV) conformance/.pytest_cache
	find conformance -name __pycache__ -type d -prune -exec rm -rf {} +
