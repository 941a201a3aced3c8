# `make atlas` and `make test` each do everything, from a fresh clone on.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

.PHONY: atlas test test-all bench lint types figures clean

atlas: $(READY)
	$(VENV)/bin/hierfeat atlas lenet5-digits

test: $(READY)
	$(VENV)/bin/python -m pytest -n auto -m "not slow and not benchmark"

test-all: $(READY)
	$(VENV)/bin/python -m pytest -n auto -m "not benchmark"

bench: $(READY)
	$(VENV)/bin/python -m pytest -s -q -m benchmark tests/benchmarks

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(READY)
	$(VENV)/bin/mypy

figures: $(READY)
	for script in analyses/*.py; do $(VENV)/bin/python $$script || exit 1; done

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) build dist runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
