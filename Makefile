# `make` lists what can be made.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CLIENT := client-vscode
CLIENT_INSTALLED := $(CLIENT)/node_modules/.installed
CLIENT_CHECKED := $(CLIENT)/node_modules/.checked
# With the directories, whose times change when a file is deleted; the view imports a script of the server.
CLIENT_SOURCES := $(shell find $(CLIENT)/src $(CLIENT)/test $(CLIENT)/scripts) \
	$(wildcard $(CLIENT)/*.json $(CLIENT)/*.mjs server/buildxray/ide/plan_view/*.js)
BUILD := --build-platform linux/amd64 --platform linux/amd64,linux/arm64
MEASURED := syntax plan semantics rules toolchains platforms
COVERAGE_FLOOR := 90
# What one of the two processes of `make quick` tests: about half of the time of all quick tests.
FIRST_HALF := rules projects
# Plugins whose hooks run for every test, and that these tests do not use.
UNUSED_PLUGINS := cacheprovider cov xdist junitxml pastebin stepwise setuponly unraisableexception threadexception doctest faulthandler
QUICK_PYTEST := HYPOTHESIS_PROFILE=quick EVERY=3 $(BIN)/pytest $(UNUSED_PLUGINS:%=-p no:%) -m "not slow and not release"
NAIVE := examples/greet/Dockerfile
REPAIRED := $(VENV)/demo/Dockerfile

# Every process of the tests would compile the same modules again.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick quick-lint quick-types quick-first-half quick-second-half fmt lint types pytest \
	pytest-measured pytest-others processes client e2e release-check bench fuzz lock

help: ## list what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(INSTALLED) ## install everything that development needs
	@$(BIN)/mypy --no-error-summary > /dev/null || true  # fill its cache: the first `make quick` would take half a minute

demo: $(INSTALLED) ## check, plan and repair the example, and show where the time of its build goes
	@echo '$$ buildxray check $(NAIVE)'
	@$(BIN)/buildxray check --exit-zero $(BUILD) $(NAIVE)
	@echo '$$ buildxray plan $(NAIVE) | tail -n 1'
	@$(BIN)/buildxray plan $(BUILD) $(NAIVE) | tail -n 1
	@echo && echo '$$ buildxray fix --diff $(NAIVE)'
	@$(BIN)/buildxray fix --diff $(BUILD) $(NAIVE) || [ $$? -eq 1 ]  # 1: something would change
	@mkdir -p $(dir $(REPAIRED)) && cp $(NAIVE) $(REPAIRED) && $(BIN)/buildxray fix $(BUILD) $(REPAIRED) > /dev/null
	@echo && echo '$$ buildxray plan $(NAIVE) | tail -n 1      # repaired'
	@$(BIN)/buildxray plan $(BUILD) $(REPAIRED) | tail -n 1
	@echo && echo '$$ buildxray times examples/greet/build.log $(NAIVE)'
	@$(BIN)/buildxray times examples/greet/build.log $(NAIVE) $(BUILD)

test: $(INSTALLED) $(CLIENT_INSTALLED) ## all checks and tests that need no editor and no process of their own
	@$(MAKE) --no-print-directory --jobs --output-sync lint types client pytest-measured
	@$(MAKE) --no-print-directory pytest-others

quick: $(INSTALLED) ## lint, types, the fast tests and a third of the cases of tables, in seconds
	@$(MAKE) --no-print-directory --jobs --output-sync quick-lint quick-types quick-first-half quick-second-half

quick-lint:
	@$(BIN)/ruff check --quiet .

quick-types:
	@$(BIN)/mypy --no-error-summary

# Two processes that each collect half of the tests are faster than workers, which each collect all of them.
quick-first-half:
	@$(QUICK_PYTEST) -p no:logging $(FIRST_HALF:%=tests/%)

quick-second-half:
	@$(QUICK_PYTEST) $(FIRST_HALF:%=--ignore=tests/%) --ignore=tests/lsp

fmt: $(INSTALLED) ## format, and repair what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

pytest: pytest-measured
	@$(MAKE) --no-print-directory pytest-others

# Only the quick tests of the measured packages run with coverage, since tracing doubles their time. Other processes may run beside them, because
# none of them measures time by the clock.
pytest-measured: $(INSTALLED)
	$(BIN)/pytest -n auto -m measured $(MEASURED:%=tests/%) --cov --cov-report= --cov-fail-under=$(COVERAGE_FLOOR)

pytest-others: $(INSTALLED)
	$(BIN)/pytest -n auto --dist worksteal -m "not measured and not processes and not release"

processes: $(INSTALLED) ## the tests that start the program, as editors, broken clients and runners of CI do
	$(BIN)/pytest -n auto --dist worksteal -m processes tests/cli tests/lsp tests/repo

client: $(CLIENT_CHECKED)
	cd $(CLIENT) && npm test --silent

e2e: $(INSTALLED) $(CLIENT_INSTALLED) ## the tests in real editors; installs the editors
	tests/e2e/run

release-check: $(INSTALLED) $(CLIENT_INSTALLED) ## what a release needs besides: complete translations
	$(BIN)/pytest -n auto -m release
	cd $(CLIENT) && RELEASE_CHECK=1 npm test --silent

bench: $(INSTALLED) ## how long plans take
	$(BIN)/pytest tests/bench --benchmark-only --benchmark-disable-gc --benchmark-columns=min,median,rounds

fuzz: $(INSTALLED) ## change Dockerfiles at random for SECONDS (60), and look whether a promise breaks
	$(BIN)/python tools/fuzz.py $(or $(SECONDS),60)

lock: ## pin the newest versions of all dependencies
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.10 --generate-hashes --quiet --upgrade \
		--custom-compile-command "make lock" -o requirements-dev.lock

# The lock names everything, so nothing is resolved: pip 23 takes `coverage[toml]` for another package than the `coverage` that is pinned.
$(INSTALLED): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python tools/messages.py --compile
	$(BIN)/python -m compileall -q server/buildxray  # half of the start of a command, where Python may not write it itself
	touch $@

# Lint and types read nothing else, and take ten times as long as the tests.
$(CLIENT_CHECKED): $(CLIENT_INSTALLED) $(CLIENT_SOURCES)
	cd $(CLIENT) && npm run --silent lint && npm run --silent types
	touch $@

$(CLIENT_INSTALLED): $(CLIENT)/package-lock.json
	cd $(CLIENT) && npm ci --silent --no-audit --no-fund
	touch $@
