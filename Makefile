# Doorstep. `make` lists what there is to make.

DOORSTEP := .venv/bin/doorstep
DEMO := $(DOORSTEP) --home var/demo
DEMO_CLOCK := 2026-03-02T15:00:00+08:00  # a Monday afternoon: visits are allowed

.DEFAULT_GOAL := help
.PHONY: help ready up down demo test check bench chaos soak contracts screenshots lock clean

help: ## list what there is to make
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

ready: # install what is missing; says nothing when nothing is
	@bash doorstep/bootstrap.sh

up: ready ## start Doorstep here: broker, database, services, gateway
	@$(DOORSTEP) up

down: ## stop it; its data stays in var/
	@[ ! -x $(DOORSTEP) ] || $(DOORSTEP) down

demo: ready ## walk a day of visits through a Doorstep of its own, from nothing to the end
	@$(DEMO) wipe >/dev/null
	@$(DEMO) up --clock $(DEMO_CLOCK)
	@$(DEMO) demo; code=$$?; $(DEMO) down; exit $$code

test: ## check, then every test, with a private broker and database
	@bash doorstep/bootstrap.sh --test
	@bash tests/side_by_side.sh

check: ready ## format, lint, types, and which module may import which
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: ## measure it, beside what this machine could do at best
	@bash doorstep/bootstrap.sh --bench
	.venv/bin/python -m bench
	.venv/bin/python -m bench.dashboards
	.venv/bin/python -m bench.uploads
	.venv/bin/python -m bench.journal
	.venv/bin/python -m bench.packs
	.venv/bin/python -m bench.starts
	.venv/bin/python -m bench.evidence
	.venv/bin/python -m bench.likeness

chaos: ready ## break everything for five minutes while crews work, then check what is left
	.venv/bin/python -m chaos --visits 60 $(if $(SEED),--seed $(SEED))

soak: ready ## a thousand visits and 200 kills, then the tests that take long
	.venv/bin/python -m chaos --seconds 1800 --pairs 1000 --visits 1000 --kills 200 \
		--alarms 1 --lost-data 1 --heal 600 --home var/soak $(if $(SEED),--seed $(SEED))
	.venv/bin/pytest -m long
	.venv/bin/pytest -m hypothesis --hypothesis-profile=further

contracts: ready ## write docs/contracts anew, and say what breaks
	@.venv/bin/python -m doorstep.contracts

screenshots: ready ## take the pictures of our pages anew
	.venv/bin/python -m tests.browser.screenshots

lock: ready ## pin the newest packages pyproject.toml allows in requirements.lock
	@bash doorstep/lock.sh

clean: ## stop everything; remove data, logs, keys, caches and the virtual environment
	@[ ! -x $(DOORSTEP) ] || find var -type d -name run -prune 2>/dev/null | while read -r run; do $(DOORSTEP) --home "$${run%/run}" wipe >/dev/null || exit 1; done
	rm -rf var .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
