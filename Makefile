# make demo    run the demo: sandbox -> Meltano -> DuckDB -> dbt -> answers
# make query SQL="select ..."  query the demo's database, or DATABASE=output/techwolf.duckdb
# make test    run all tests, offline except for package installs (COVERAGE=--cov: as on GitHub, slower)
# make engines  run the dbt package on Apache Spark (needs Java 17) and on what stands for BigQuery and Snowflake
# make check   run linters and type checks, and compare generated files
# make benchmark  compare the tap with other tools (minutes; not in CI)
# make mutants    run mutation tests on the modules that must not lose data (minutes; not in CI)
# make generate  update the files that are generated from the code
# make pins    update the pinned versions in requirements/
# make dist    build the wheel; with TAG=v0.1.0, also the release notes
# make dependencies RESOLUTION=lowest-direct  install the oldest allowed versions, until .venv is recreated
# make clean   remove everything that the other targets created

PYTHON ?= python3
PIP_FLAGS = --quiet --disable-pip-version-check
BIN = .venv/bin
UV = $(BIN)/uv pip --quiet
PIN = $(UV) compile --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-header --no-emit-index-url --upgrade

# What the dbt package runs on beside DuckDB and PostgreSQL, and all environments beside .venv.
ENGINES = spark snowflake bigquery
ENVIRONMENTS = meltano dbt dagster $(ENGINES)

# Where dbt works when sqlfluff has it render the package.
SQL_PATHS = DBT_DUCKDB_PATH=:memory: DBT_DUCKDB_SCHEMA=main \
	DBT_TARGET_PATH=$(CURDIR)/.cache/sql DBT_LOG_PATH=$(CURDIR)/.cache/sql

# If this is set, as in many containers, every process compiles the SDK again.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo query test engines $(ENGINES:%=engine-%) benchmark mutants check generate format pins dist dependencies clean

demo: .venv/ready .venv-meltano/ready
	@$(BIN)/python -m demo

# Verbatim: make would expand $. in a JSON path as a variable.
query: override export SQL := $(value SQL)
query: export DATABASE ?=
query: .venv/ready
	@$(BIN)/python -m demo.query

test: .venv/ready .venv-meltano/ready .venv-dbt/ready .venv-dagster/ready
	@$(BIN)/pytest $(COVERAGE) --numprocesses 2 --dist loadscope --no-loadscope-reorder $(PYTEST_FLAGS)

engines:
	@$${JAVA_HOME:+$$JAVA_HOME/bin/}java -version >/dev/null 2>&1 \
		|| (echo "make engines needs Java 17 or later, which Apache Spark runs on" >&2; exit 1)
	@$(MAKE) --no-print-directory --jobs 2 $(ENGINES:%=engine-%)

$(ENGINES:%=engine-%): engine-%: .venv-%/ready
	@.venv-$*/bin/python -m pytest --quiet --disable-warnings -c /dev/null --rootdir . engines --engine $*

benchmark: .venv/ready
	@$(BIN)/python -m benchmarks

mutants: .venv/ready
	@$(BIN)/mutmut run
	@$(BIN)/mutmut results

check: .venv/ready .venv-dbt/ready
	@$(BIN)/python -m generate --check
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@mkdir -p .cache && $(BIN)/lint-imports --no-cache --no-logo >.cache/imports || (cat .cache/imports; exit 1)
	@$(BIN)/zizmor --offline --quiet .github
	@$(SQL_PATHS) .venv-dbt/bin/sqlfluff lint --disable-progress-bar dbt/models dbt/tests \
		>.cache/fluff 2>&1 || (cat .cache/fluff; exit 1)

generate: .venv/ready
	@$(BIN)/python -m generate

format: .venv/ready
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

.venv/ready: requirements/development.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=...") if sys.version_info < (3, 11) else None'
	@echo "Setting up .venv"
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes -r requirements/uv.txt
	@$(UV) install --require-hashes -r requirements/development.txt
	@$(UV) install --no-deps --no-build-isolation --editable .
	@touch $@

$(ENVIRONMENTS:%=.venv-%/ready): .venv-%/ready: requirements/%.txt .venv/ready
	@echo "Setting up .venv-$*"
	@rm -rf .venv-$* && $(PYTHON) -m venv .venv-$*
	@$(UV) install --python .venv-$*/bin/python --require-hashes -r requirements/$*.txt
	@touch $@

pins: .venv/ready
	@$(PIN) requirements/uv.in --output-file requirements/uv.txt
	@$(PIN) pyproject.toml requirements/development.in --output-file requirements/development.txt
	@for name in $(ENVIRONMENTS); do \
		$(PIN) requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

dist: .venv/ready
	@rm -rf dist
	@$(BIN)/hatchling build --directory dist
	@test -z "$$TAG" || $(BIN)/python -m generate.release_notes "$$TAG" > dist/notes.md

RESOLUTION = highest
dependencies: .venv/ready
	@$(UV) install --upgrade --resolution $(RESOLUTION) --editable .

clean:
	rm -rf .cache .coverage* .hypothesis .meltano .mypy_cache .pytest_cache .ruff_cache .venv .venv-* dist mutants output \
		transform/dbt_packages transform/package-lock.yml
