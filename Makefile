# Everything a developer runs. `make` alone lists the targets; each installs what it needs into .venv first.

PYTHON ?= python3
VENV := .venv
VENV20 := .venv-sqlalchemy20
VENVDOCS := .venv-docs
VENVDEMO := .venv-demo
VENVCOMPARE := .venv-compare
VENVPUBLISHED := .venv-published
VENVLOWEST := .venv-lowest
VENVTHREADS := .venv-free-threaded
BIN := $(VENV)/bin
SOURCES := src tests conftest.py $(wildcard property_tests fuzz mutation examples benchmarks comparison tools docs/*.py)
# Tests that need none of the tools that ask for newer dependencies.
LOWEST_TESTS ?= tests/adapters/test_body.py tests/adapters/test_criteria.py tests/adapters/test_observe.py tests/integrations/test_pages.py tests/integrations/test_cursor_pages.py tests/integrations/test_integration.py tests/language tests/orms/memory tests/orms/sqlalchemy/test_predicates.py tests/orms/sqlalchemy/test_relations.py tests/orms/sqlalchemy/test_select_parts.py tests/validation tests/test_api.py tests/test_pipeline.py
# Tests that need no package without wheels for the free-threaded build: no driver of PostgreSQL or MariaDB.
THREAD_TESTS ?= tests/test_concurrency.py tests/test_caches.py tests/language tests/test_pipeline.py tests/orms/memory --ignore=tests/orms/memory/test_odd_values.py
# The port of the example service.
PORT ?= 8000
PYTEST_ARGUMENTS ?= --numprocesses=auto
# How long each of the two fuzz targets runs: ten minutes together.
FUZZ_SECONDS ?= 300

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-18s %s\n", $$1, $$2 }'

# --- environments: made anew when pyproject.toml changes ---

GROUP := dev
$(VENVDOCS)/.installed: GROUP := docs
$(VENVDEMO)/.installed: GROUP := demo
$(VENVCOMPARE)/.installed: GROUP := compare
$(VENV20)/.installed: PINS := 'sqlalchemy<2.1' --group engines
$(VENVLOWEST)/.installed: PINS := --constraint build/lowest.txt
$(VENVLOWEST)/.installed: GROUP := lowest
$(VENVTHREADS)/.installed: GROUP := threads

$(VENV)/.installed $(VENV20)/.installed $(VENVDOCS)/.installed $(VENVDEMO)/.installed $(VENVCOMPARE)/.installed $(VENVLOWEST)/.installed $(VENVTHREADS)/.installed: pyproject.toml
	@mkdir -p build
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("pyrsql needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12")'
	@$(PYTHON) -m tools.lowest > build/lowest.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(@D)/bin/python -m pip install --quiet --editable '.[sqlalchemy,fastapi]' --group $(GROUP) $(PINS)
	@touch $@

.PHONY: install
install: $(VENV)/.installed ## create .venv with pyrsql and all tools in it

# --- the example ---

.PHONY: run
run: $(VENVDEMO)/.installed ## start the example service (PORT)
	@$(VENVDEMO)/bin/python -m examples.flights --port $(PORT)

# --- documentation ---

.PHONY: docs
docs: $(VENVDOCS)/.installed ## write the generated reference pages and build the site into build/site
	$(VENVDOCS)/bin/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(VENVDOCS)/bin/mkdocs build --strict --quiet

.PHONY: docs-check
docs-check: docs $(VENV)/.installed ## build the documentation and look at every page in a browser
	PYRSQL_SITE=build/site $(BIN)/python -m pytest --numprocesses=0 tests/test_site.py

.PHONY: docs-setup
docs-setup: ## run the set-up lines and the code of each page in environments with nothing else
	$(PYTHON) -m tests.setup_lines

# --- tests ---

.PHONY: test
test: $(VENV)/.installed ## run the tests, the property tests (quick) and the doctests
	$(BIN)/python -m pytest $(PYTEST_ARGUMENTS)

.PHONY: test-sqlalchemy20
test-sqlalchemy20: $(VENV20)/.installed ## run the same with SQLAlchemy 2.0
	$(VENV20)/bin/python -m pytest $(PYTEST_ARGUMENTS)

.PHONY: coverage
coverage: $(VENV)/.installed ## run the same, and fail where less than 97 % of lines and branches are covered; lists the rest
	$(BIN)/python -m pytest $(PYTEST_ARGUMENTS) --cov --cov-report=term src/pyrsql tests
	$(BIN)/python -m pytest $(PYTEST_ARGUMENTS) property_tests

.PHONY: test-lowest
test-lowest: $(VENVLOWEST)/.installed ## run the tests with the oldest dependencies that pyproject.toml admits
	$(VENVLOWEST)/bin/python -m pytest $(PYTEST_ARGUMENTS) $(LOWEST_TESTS)

.PHONY: test-free-threaded
test-free-threaded: $(VENVTHREADS)/.installed ## run the tests of threads on a free-threaded Python (PYTHON=python3.14t)
	$(VENVTHREADS)/bin/python -c 'import sys; sys._is_gil_enabled() and sys.exit("This Python has a GIL")'
	$(VENVTHREADS)/bin/python -m pytest -n0 $(THREAD_TESTS)

.PHONY: recipes
recipes: $(VENV)/.installed ## follow each recipe of CONTRIBUTING.md in a copy of the checkout, and run its tests
	$(BIN)/python -m tools.recipes

.PHONY: fuzz
fuzz: $(VENV)/.installed ## run the property tests with many more examples, then fuzz guided by coverage (FUZZ_SECONDS)
	HYPOTHESIS_PROFILE=deep $(BIN)/python -m pytest $(PYTEST_ARGUMENTS) property_tests
	$(BIN)/python -m pip install --quiet --group fuzz
	PYTHONPATH=. $(BIN)/python fuzz/parse.py -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=fuzz/
	PYTHONPATH=. $(BIN)/python fuzz/validate.py -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=fuzz/

.PHONY: mutate
mutate: $(VENV)/.installed ## put small errors into modules and see whether the tests notice (MODULES; see docs/mutation-testing.md)
	$(BIN)/python -m pip install --quiet --group mutation
	$(BIN)/python -m mutation $(MODULES)

# --- speed ---

.PHONY: bench
bench: $(VENV)/.installed ## measure speed beside the alternatives, and write benchmarks/README.md; BENCH_ARGUMENTS=--quick is short
	$(BIN)/python -m benchmarks $(BENCH_ARGUMENTS)
	$(BIN)/python -m benchmarks.keyset

.PHONY: bench-smoke
bench-smoke: $(VENV)/.installed ## fail where a ratio to hand-written code is 1.5 times what benchmarks/smoke.json expects
	$(BIN)/python -m benchmarks --smoke

.PHONY: compare
compare: $(VENVCOMPARE)/.installed $(VENVPUBLISHED)/.installed ## run the examples of docs/comparison.md and docs/how-to/moving.md in the other libraries
	$(VENVCOMPARE)/bin/python -m pytest --noconftest -p no:cacheprovider tests/examples/test_comparison.py
	$(VENVPUBLISHED)/bin/python -W ignore -m comparison.moving

$(VENVPUBLISHED)/.installed:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet 'pyrsql==0.0.6' 'sqlalchemy[asyncio]' fastapi httpx2
	@touch $@

# --- checks ---

.PHONY: check
check: lint types test test-sqlalchemy20 ## run all checks: format, lint, types, every test, SQLAlchemy 2.0

.PHONY: lint
lint: $(VENV)/.installed ## check format and lint
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

.PHONY: types
types: mypy ## check types with mypy and pyright, and that every public type is known
	$(BIN)/pyright --pythonpath $(BIN)/python $(SOURCES)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pyright --verifytypes pyrsql --ignoreexternal

.PHONY: mypy
mypy: $(VENV)/.installed ## check types with mypy alone
	$(BIN)/mypy $(SOURCES)

.PHONY: format
format: $(VENV)/.installed ## format the code and fix what ruff can fix
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

# --- release ---

.PHONY: build
build: $(VENV)/.installed ## build wheel and sdist into dist, and check what they hold and that they can be installed
	rm -rf dist
	$(BIN)/python -m build --outdir dist > /dev/null
	$(BIN)/python -m tools.artifacts dist

.PHONY: tag
tag: $(VENV)/.installed ## check that a tag is the version of the source (TAG=v0.1.0)
	$(BIN)/python -m tools.version '$(TAG)'

.PHONY: clean
clean: ## remove the environments and everything else that was made
	rm -rf $(VENV) $(VENV20) $(VENVDOCS) $(VENVDEMO) $(VENVCOMPARE) $(VENVPUBLISHED) $(VENVLOWEST) $(VENVTHREADS) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .bench
	find src tests $(wildcard property_tests examples benchmarks) -name __pycache__ -prune -exec rm -rf {} +
