# `make atlas` and `make test` each do everything, from a fresh clone on.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
SUITE := -n auto --dist worksteal -m "not slow and not benchmark"

.PHONY: atlas test test-all coverage oldest bench bench-long growth lint types figures docs docs-check lock dist clean

atlas: $(READY)
	$(VENV)/bin/hierfeat atlas lenet5-digits

test: $(READY)  # a thread for each worker: numpy's would fight for the cores
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest $(SUITE)

test-all: $(READY)
	$(VENV)/bin/python -m pytest -n auto -m "not benchmark"

# The same tests, with the share of lines that they reach.
coverage: $(READY)
	$(VENV)/bin/python -m pytest $(SUITE) --cov --cov-report=term:skip-covered --cov-fail-under=95

# The same tests, with the oldest versions that pyproject.toml promises, in an environment of their own.
oldest:
	PYTHON=$(PYTHON) .ci/oldest $(SUITE)

# What things cost, in one table: printed, written to tests/benchmarks/results.json and into the README.
bench: $(READY)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m tests.benchmarks

# Frames of the page in Chromium, and synthesis beside lucent's: hours, where lucent is installed.
bench-long: $(READY)
	$(VENV)/bin/python -m pytest -s -q -m benchmark tests/benchmarks

# How every analysis grows, and the cost model: the figure and the tables of docs/plan.md. An hour.
growth: $(READY)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m tests.benchmarks.growth
	$(VENV)/bin/python -m tests.benchmarks.plan

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/codespell hierfeat tests analyses .github *.md

types: $(READY)
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy tests/typed_entrance.py  # as whoever imports hierfeat sees it

figures: $(READY)
	for script in analyses/[a-z]*.py analyses/findings/[a-z]*.py; do $(VENV)/bin/python $$script || exit 1; done
	$(VENV)/bin/python analyses/findings/_table.py

# requirements.lock, after a change of dependencies; its head says what it is.
lock: $(READY)
	$(VENV)/bin/python -m pip install --quiet uv
	head -5 requirements.lock > lock.new
	$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --extra dev --extra docs --extra fast \
		-c constraints.txt pyproject.toml >> lock.new
	mv lock.new requirements.lock

# The documentation site, into docs/_build/html: open index.html. Its tutorials are run, every warning is an error.
docs: $(VENV)/.docs-ready
	$(VENV)/bin/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

# Links, anchors, search and phones, on the site as it was built.
docs-check: docs
	$(VENV)/bin/python -m pytest -n 0 tests/test_docs_site.py --site docs/_build/html

$(VENV)/.docs-ready: $(READY) pyproject.toml
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	touch $@

# What is published: of the files that git holds at this commit, and of nothing else.
dist: $(READY)
	rm -rf dist build
	mkdir -p build/dist && git archive HEAD | tar -x -C build/dist
	$(VENV)/bin/python -m build --no-isolation --outdir dist build/dist
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt twine
	$(VENV)/bin/python -m twine check --strict dist/*

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) .venv-oldest .venv-peers build dist runs docs/_build docs/_scripts docs/api docs/gallery docs/findings.md docs/support.md .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
