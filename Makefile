# `make atlas` and `make test` each do everything, from a fresh clone on.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
SUITE := -n auto -m "not slow and not benchmark"

.PHONY: atlas test test-all coverage oldest bench lint types figures lock clean

atlas: $(READY)
	$(VENV)/bin/hierfeat atlas lenet5-digits

test: $(READY)
	$(VENV)/bin/python -m pytest $(SUITE)

test-all: $(READY)
	$(VENV)/bin/python -m pytest -n auto -m "not benchmark"

# The same tests, with the share of lines that they reach.
coverage: $(READY)
	$(VENV)/bin/python -m pytest $(SUITE) --cov --cov-report=term:skip-covered --cov-fail-under=95

# The same tests, with the oldest versions that pyproject.toml promises, in an environment of their own.
oldest:
	PYTHON=$(PYTHON) .ci/oldest $(SUITE)

bench: $(READY)
	$(VENV)/bin/python -m pytest -s -q -m benchmark tests/benchmarks

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/codespell hierfeat tests analyses .github *.md

types: $(READY)
	$(VENV)/bin/mypy

figures: $(READY)
	for script in analyses/*.py analyses/findings/[a-z]*.py; do $(VENV)/bin/python $$script || exit 1; done
	$(VENV)/bin/python analyses/findings/_table.py

# requirements.lock, after a change of dependencies; its head says what it is.
lock: $(READY)
	$(VENV)/bin/python -m pip install --quiet uv
	head -6 requirements.lock > lock.new
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra dev \
		-c constraints.txt pyproject.toml >> lock.new
	mv lock.new requirements.lock

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) .venv-oldest build dist runs .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
