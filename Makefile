# The front door. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
UV := .tools/bin/uv
RUN := .venv/bin/python
export UV_PYTHON_DOWNLOADS := never
# Distributions build Python with its optimisations; what a version manager compiled takes up to twice the CPU.
ifndef UV_PYTHON
export UV_PYTHON := $(shell /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo python3)
endif
# Compiled modules stay out of the tree, and no process compiles a module that another process compiled.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.tools/bytecode
export PYTHONDONTWRITEBYTECODE :=
AUDIENCE ?= partner-gateway
SEEDS ?= 1,2,3
# The walks of the portal whose pictures docs/demo.md shows, and which of their pictures.
SHOWN := sec_permit-good or inquiry_answer-good or figures_series-good or desk_reports-good or my_start-good
PICTURES := inquiry_answer-good-ar-360 my_start-good-ar-360 figures_series-good-ar-360 desk_reports-good-ar-1100 sec_permit-good-ar-1100
# Processes of `make test`; 0: in one, for a debugger.
WORKERS ?= 2

# What a target needs of the machine comes before what it needs of PyPI.
.NOTPARALLEL:
.PHONY: help install demo up down fuzz token generate asyncapi service new-service test test-unit faults faults-reports national-login sabotage soak promises pairs walks plans check lint types contracts architecture audit format lock clean bench-events bench-gateway bench-smoke bench-reports bench-texts bench-licences bench-health-certs bench-appointments bench-transactions bench-audit bench-documents bench-feed bench-import bench-portal performance faults-feed faults-payments faults-licences faults-entries faults-health-certs faults-transactions faults-appointments faults-tenders screenshots

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

## ------------------------------------------------------------------------------------------------ installing

needs-%:
	@deploy/setup $*

$(UV):
	@deploy/setup install
	@echo "installing uv $(UV_VERSION) from PyPI"
	@mkdir -p .tools
	@{ python3 -m venv .tools && .tools/bin/python -m pip install --quiet uv==$(UV_VERSION); } \
	  || python3 -m pip install --quiet --target .tools uv==$(UV_VERSION)

.venv/.installed: $(UV) uv.lock pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
	@echo "installing the packages of uv.lock"
	@$(UV) sync --quiet --locked --all-packages
	@touch $@

install: .venv/.installed ## Install everything that the other targets need

## -------------------------------------------------------------------------------------------------- running

demo: needs-demo .venv/.installed ## Show the main job from end to end, then the other stories (STORY=licences: one of them)
	@$(RUN) -m devstack demo $(if $(STORY),--story $(STORY))

up: needs-demo .venv/.installed ## Start everything and keep it up (DETACH=1: return when it's ready)
	@$(RUN) -m devstack up $(if $(DETACH),--detach)

down: .venv/.installed ## Stop what `make up DETACH=1` started
	@$(RUN) -m devstack down

fuzz: .venv/.installed ## Schemathesis, all checks, against each service of the running system
	@$(RUN) -m devstack fuzz

token: .venv/.installed ## Print an access token: make token WHO=<username or client_id> [AUDIENCE=permits]
	@test -n "$(WHO)" || { echo "say for whom: make token WHO=<username or client_id>" >&2; exit 2; }
	@$(RUN) -m devstack token "$(WHO)" --audience "$(AUDIENCE)"

generate: .venv/.installed ## Write the lines that repeat service.yaml: deploy/, .importlinter
	@$(RUN) -m devstack generate

asyncapi: .venv/.installed ## Write contracts/asyncapi.yaml, which git ignores, from topics/ and events/
	@$(RUN) -m devstack asyncapi > contracts/asyncapi.yaml

service: .venv/.installed ## Write a new service: make service NAME=vendors [AGGREGATE=notice] [FOLLOWS=permits.permit]
	@test -n "$(NAME)" || { echo "say its name: make service NAME=vendors" >&2; exit 2; }
	@$(RUN) -m devstack service "$(NAME)" $(if $(AGGREGATE),--aggregate "$(AGGREGATE)") $(if $(FOLLOWS),--follows "$(FOLLOWS)")
	@.venv/bin/ruff format --quiet services/$(NAME) && .venv/bin/ruff check --quiet --fix services/$(NAME) && .venv/bin/ruff format --quiet services/$(NAME)
	@$(UV) lock --quiet
	@$(MAKE) --no-print-directory install

## ------------------------------------------------------------------------------------------------- measuring

.venv-bench/.installed: $(UV) uv.lock pyproject.toml
	@UV_PROJECT_ENVIRONMENT=.venv-bench $(UV) sync --quiet --locked --only-group bench
	@touch $@

bench-events: needs-faults .venv/.installed ## From the commit in permits to the gateway: how soon, and how many a second
	@$(RUN) -m bench.events $(ARGS)

bench-gateway: needs-faults .venv/.installed .venv-bench/.installed ## The gateway with all its trust, beside pgbench, a peer and a plain path (needs wrk; ARGS=--quick, ARGS=--plain)
	@$(RUN) -m bench.gateway $(ARGS)

bench-smoke: needs-bench-smoke .venv/.installed ## All main paths in small, beside the ratios that are kept; fails where one fell (ARGS=--keep)
	@$(RUN) -m bench.smoke $(ARGS)

bench-feed: needs-faults .venv/.installed ## From a change's commit to the client that waits for it, and hundreds who wait (ARGS="--seconds 10 --crowd 100")
	@$(RUN) -m bench.feed $(ARGS)

bench-reports: needs-faults .venv/.installed ## Reports a second from filing to closure, on an empty database and on a million (ARGS="--rows 10000")
	@$(RUN) -m bench.reports $(ARGS)

bench-texts: needs-faults .venv/.installed ## From an event to its text at a provider, with both well and with one that dies (ARGS="--how hangs")
	@$(RUN) -m bench.texts $(ARGS)

bench-licences: needs-faults .venv/.installed ## From a municipality's POST to the decision in its feed, and how many a second (ARGS="--rate 5")
	@$(RUN) -m bench.licences $(ARGS)

bench-health-certs: needs-faults .venv/.installed ## From a medical centre's result to the certificate, at 50 a second (ARGS="--rate 10 --seconds 10")
	@$(RUN) -m bench.health_certs $(ARGS)

bench-appointments: .venv/.installed ## 200 clients ask for 100 slots, and processes are killed in between (ARGS="--clients 20 --slots 10")
	@$(RUN) -m bench.appointments $(ARGS)

bench-transactions: needs-faults .venv/.installed ## From the commit of an entry to its event in the topic, at 50 a second (ARGS="--rate 10 --seconds 10")
	@$(RUN) -m bench.transactions $(ARGS)

bench-import: needs-faults .venv/.installed ## 30,000 older permits from CSV to the gateway, beside a desk that works (ARGS="--rows 3000 --kill")
	@$(RUN) -m bench.permits_import $(ARGS)

bench-portal: needs-test .venv/.installed .venv-bench/.installed ## The inquiry and a desk's inbox over a million things, beside Django, pgbench and in Chromium (needs wrk; ARGS=--quick)
	@$(RUN) -m bench.portal $(ARGS)

performance: .venv/.installed ## Write the kept figures of all benches as one table into docs/performance.md
	@$(RUN) -m bench.performance

bench-audit: .venv/.installed ## A million rows of the record of queries verified, beside a plain SELECT of them
	@$(RUN) -m bench.audit $(ARGS)

bench-documents: .venv/.installed ## Signed documents printed and verified a second, beside a bare page of Typst's
	@$(RUN) -m bench.documents $(ARGS)

## -------------------------------------------------------------------------------------------------- checking

test: $(if $(SERVICE),,needs-test) .venv/.installed ## Run the whole test suite on the real parts (SERVICE=permits: of one service; ORDER=7: in the random order of this seed)
	@$(RUN) -m pytest $(if $(SERVICE),services/$(SERVICE),-n $(WORKERS) --dist loadscope --no-loadscope-reorder) $(if $(ORDER),-p randomly --randomly-seed=$(ORDER) --randomly-dont-reset-seed)

pairs: .venv/.installed ## Two operations at once, for each state of their things (SERVICE=permits PAIRS=100 SEED=7; 0: all)
	@PAIRS=$(or $(PAIRS),0) PAIRS_SEED=$(or $(SEED),1) $(RUN) -m pytest -q $(wildcard services/$(or $(SERVICE),*)/tests/test_pairs.py)

walks: .venv/.installed ## Random walks through commands, events and deadlines, with a table of the rules that took effect (WALKS=20000 SEED=7 STEPS=60 SERVICE=permits)
	@files=$$(find services/$(SERVICE) -path '*/tests/*' -name 'test_*walks.py' | sort | grep .); \
	  WALKS=$(or $(WALKS),1000) SEED=$(or $(SEED),1) STEPS=$(STEPS) $(RUN) -m pytest -q -s -k "not bug and not story" $$files

plans: .venv/.installed ## What each query reads of large tables, by its plan on 200,000 rows; `make test` and `make check` run it too
	@$(RUN) -m pytest -q services/*/tests/plans

test-unit: .venv/.installed ## Run the tests of the rules only: no database, no web stack, seconds
	@$(RUN) -m pytest -q services/*/tests -k domain

lint: .venv/.installed ## Style, and the boundaries between the packages
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports

types: .venv/.installed ## mypy, strict, over the product
	@.venv/bin/mypy $(wildcard libs/*/src services/*/src)

contracts: needs-contracts .venv/.installed ## The contracts are valid, have examples, and break nobody
	@$(RUN) -m pytest -q tests/contracts

architecture: needs-contracts .venv/.installed ## The rules of the house
	@$(RUN) -m pytest -q tests/architecture

new-service: needs-contracts .venv/.installed ## `make service` in a scratch copy of the tree, and the checks of what it wrote
	@$(RUN) -m tests.new_service

faults: needs-faults .venv/.installed ## The real system for 100 s under load and every fault, one seed (SEED=7 SECONDS=60)
	@$(RUN) -m tests.faults.run permits --seeds $(or $(SEED),1) --seconds $(or $(SECONDS),52)

faults-reports: needs-faults .venv/.installed ## Reports and their texts under faults, to the provider's ledger (SEED=7 REPORTS=2000 SECONDS=120; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run reports --seed $(or $(SEED),1) --reports $(or $(REPORTS),2000) --seconds $(or $(SECONDS),120) $(if $(BUG),--sabotage $(BUG))

national-login: needs-faults .venv/.installed ## Identity's relying party against npm's oidc-provider, over real HTTP (needs node and npm)
	@$(RUN) -m tests.national_login.run

faults-payments: needs-faults .venv/.installed ## Bills and money under faults, to the bill system's ledger (SEED=7 INVOICES=1000 SECONDS=90; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run payments --seed $(or $(SEED),1) --invoices $(or $(INVOICES),1000) --seconds $(or $(SECONDS),90) $(if $(BUG),--sabotage $(BUG))

faults-feed: needs-faults .venv/.installed ## The change feed and the webhooks under faults (SEED=7 CHANGES=2000 SECONDS=40; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run feed --seed $(or $(SEED),1) --changes $(or $(CHANGES),2000) --seconds $(or $(SECONDS),40) $(if $(BUG),--sabotage $(BUG))

faults-licences: needs-faults .venv/.installed ## Applications of three municipalities under faults, to the licence in their feeds (SEED=7 APPLICATIONS=20000 SECONDS=300; KILLS=0: no faults; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run licences --seed $(or $(SEED),1) --applications $(or $(APPLICATIONS),2000) --seconds $(or $(SECONDS),90) $(if $(filter 0,$(KILLS)),--faults '') $(if $(BUG),--sabotage $(BUG))

faults-entries: needs-faults .venv/.installed ## What the electricity company enters under faults, to permits' answer and back (SEED=7 BUILDINGS=60 SECONDS=60; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run entries --seed $(or $(SEED),1) --buildings $(or $(BUILDINGS),60) --seconds $(or $(SECONDS),60) $(if $(BUG),--sabotage $(BUG))

faults-health-certs: needs-faults .venv/.installed ## Results, money and health education under faults, to the certificate (SEED=7 REQUESTS=120 SECONDS=40; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run health-certs --seed $(or $(SEED),1) --requests $(or $(REQUESTS),120) --seconds $(or $(SECONDS),40) $(if $(BUG),--sabotage $(BUG))

faults-transactions: needs-faults .venv/.installed ## Transactions entered at four branches under faults (SEED=7 ENTRIES=600 SECONDS=60; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run transactions --seed $(or $(SEED),1) --entries $(or $(ENTRIES),600) --seconds $(or $(SECONDS),60) $(if $(BUG),--sabotage $(BUG))

faults-appointments: needs-faults .venv/.installed ## More bookings than places under faults (SEED=7 BOOKINGS=600 SECONDS=60; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run appointments --seed $(or $(SEED),1) --bookings $(or $(BOOKINGS),600) --seconds $(or $(SECONDS),60) $(if $(BUG),--sabotage $(BUG))

faults-tenders: needs-faults .venv/.installed ## Tenders, their releases and followers under faults (SEED=7 TENDERS=200 SECONDS=60; BUG=all: each deliberate bug)
	@$(RUN) -m tests.faults.run tenders --seed $(or $(SEED),1) --tenders $(or $(TENDERS),200) --seconds $(or $(SECONDS),60) $(if $(BUG),--sabotage $(BUG))

screenshots: needs-test .venv/.installed ## Pictures of the portal's pages for docs/demo.md (WALKS="sec_permit-good or …" SCREENSHOTS=folder for others)
	@SCREENSHOTS=$(or $(SCREENSHOTS),docs/screenshots) $(RUN) -m pytest -q -p no:randomly tests/browser/test_portal_pages.py -k "TestInArabic and ($(or $(WALKS),$(SHOWN)))"
	@$(if $(SCREENSHOTS),,find docs/screenshots -name '*.png' $(foreach one,$(PICTURES),! -name $(one).png) -delete)

sabotage: needs-faults .venv/.installed ## Each deliberate bug in turn: the fault harness has to name what it breaks
	@$(RUN) -m tests.faults.run permits --sabotage $(or $(BUG),all)

soak: needs-faults .venv/.installed ## The fault harness: 10 min and 50,000 writes for each seed (SECONDS, WRITES, SEEDS)
	@$(RUN) -m tests.faults.run permits --seeds $(SEEDS) --seconds $(or $(SECONDS),600) --writes $(or $(WRITES),50000) --rate $(or $(RATE),120)

promises: needs-faults .venv/.installed ## Take-overs, outages, restarts, poison, replays: figures for each (PROMISE=relay-takeover)
	@$(RUN) -m tests.faults.promises $(or $(PROMISE),all)

check: $(if $(SERVICE),lint types contracts architecture test,needs-test lint types test new-service faults) ## All that has to be green before a commit (SERVICE=permits: the loop while working)

audit: .venv/.installed ## Known holes, licences, bill of materials, secrets; what can't be looked up isn't called clean
	@PATH="$(CURDIR)/.tools/bin:$$PATH" $(RUN) -m devstack.audit

format: .venv/.installed ## Format the code
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --quiet --fix .

lock: $(UV) ## Renew uv.lock after a change of a pyproject.toml
	@$(UV) lock

clean: ## Remove what the targets made
	@rm -rf .venv .venv-bench .tools .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
