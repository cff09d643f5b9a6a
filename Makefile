# The front door. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
UV := .tools/bin/uv
RUN := .venv/bin/python
export UV_PYTHON_DOWNLOADS := never
export PYTHONDONTWRITEBYTECODE := 1
AUDIENCE ?= partner-gateway
SEEDS ?= 1,2,3

.PHONY: help install demo up down fuzz token test test-unit faults sabotage soak promises check lint types contracts architecture audit format lock clean bench-events bench-gateway bench-audit

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

## ------------------------------------------------------------------------------------------------ installing

$(UV):
	@echo "installing uv $(UV_VERSION) from PyPI"
	@mkdir -p .tools
	@{ python3 -m venv .tools && .tools/bin/python -m pip install --quiet uv==$(UV_VERSION); } \
	  || { python3 -m pip install --quiet --target .tools uv==$(UV_VERSION); } \
	  || { echo "Neither venv nor pip works here. On Debian: apt-get install -y python3-venv python3-pip" >&2; exit 1; }

.venv/.installed: $(UV) uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@echo "installing the packages of uv.lock"
	@$(UV) sync --quiet --locked --all-packages
	@touch $@

install: .venv/.installed ## Install everything that the other targets need

## -------------------------------------------------------------------------------------------------- running

demo: .venv/.installed ## Start everything, show the main job from end to end, stop everything
	@$(RUN) -m devstack demo

up: .venv/.installed ## Start everything and keep it up (DETACH=1: return when it's ready)
	@$(RUN) -m devstack up $(if $(DETACH),--detach)

down: .venv/.installed ## Stop what `make up DETACH=1` started
	@$(RUN) -m devstack down

fuzz: .venv/.installed ## Schemathesis, all checks, against each service of the running system
	@$(RUN) -m devstack fuzz

token: .venv/.installed ## Print an access token: make token WHO=<username or client_id> [AUDIENCE=permits]
	@test -n "$(WHO)" || { echo "say for whom: make token WHO=<username or client_id>" >&2; exit 2; }
	@$(RUN) -m devstack token "$(WHO)" --audience "$(AUDIENCE)"

## ------------------------------------------------------------------------------------------------- measuring

.venv-bench/.installed: $(UV) uv.lock pyproject.toml
	@UV_PROJECT_ENVIRONMENT=.venv-bench $(UV) sync --quiet --locked --only-group bench
	@touch $@

bench-events: .venv/.installed ## From the commit in permits to the gateway: how soon, and how many a second
	@$(RUN) -m bench.events $(ARGS)

bench-gateway: .venv/.installed .venv-bench/.installed ## The gateway with all its trust, beside pgbench and a peer (needs wrk; ARGS=--quick)
	@$(RUN) -m bench.gateway $(ARGS)

bench-audit: .venv/.installed ## A million rows of the record of queries verified, beside a plain SELECT of them
	@$(RUN) -m bench.audit $(ARGS)

## -------------------------------------------------------------------------------------------------- checking

test: .venv/.installed ## Run the whole test suite on the real parts (SERVICE=permits: of one service)
	@$(RUN) -m pytest $(if $(SERVICE),services/$(SERVICE),)

test-unit: .venv/.installed ## Run the tests of the rules only: no database, no web stack, seconds
	@$(RUN) -m pytest -q services/*/tests -k domain

lint: .venv/.installed ## Style, and the boundaries between the rooms
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports

types: .venv/.installed ## mypy, strict, over the product
	@.venv/bin/mypy $(wildcard libs/*/src services/*/src)

contracts: .venv/.installed ## The contracts are valid, have examples, and break nobody
	@$(RUN) -m pytest -q tests/contracts

architecture: .venv/.installed ## The rules of the house
	@$(RUN) -m pytest -q tests/architecture

faults: .venv/.installed ## The real system for 100 s under load and every fault, one seed (SEED=7 SECONDS=60)
	@$(RUN) -m tests.faults.run --seeds $(or $(SEED),1) --seconds $(or $(SECONDS),52)

sabotage: .venv/.installed ## Each deliberate bug in turn: the fault harness has to name what it breaks
	@$(RUN) -m tests.faults.run --sabotage $(or $(BUG),all)

soak: .venv/.installed ## The fault harness: 10 min and 50,000 writes for each seed (SECONDS, WRITES, SEEDS)
	@$(RUN) -m tests.faults.run --seeds $(SEEDS) --seconds $(or $(SECONDS),600) --writes $(or $(WRITES),50000) --rate $(or $(RATE),120)

promises: .venv/.installed ## Take-overs, outages, restarts, poison, replays: figures for each (PROMISE=relay-takeover)
	@$(RUN) -m tests.faults.promises $(or $(PROMISE),all)

check: lint types test faults ## All that has to be green before a commit (CI calls it)

audit: .venv/.installed ## Known holes, licences, bill of materials, secrets; what can't be looked up isn't called clean
	@PATH="$(CURDIR)/.tools/bin:$$PATH" $(RUN) -m devstack.audit

format: .venv/.installed ## Format the code
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --quiet --fix .

lock: $(UV) ## Renew uv.lock after a change of a pyproject.toml
	@$(UV) lock

clean: ## Remove what the targets made
	@rm -rf .venv .venv-bench .tools .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
