# run: set up, then the main job · test: set up, then every check · bench: speed beside the yardstick · soak: kill and restart
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: run test check bench soak models clean
.DEFAULT_GOAL := run

run: $(STAMP)
	$(BIN)/tideline demo

test: $(STAMP) check

check:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

bench: $(STAMP)
	$(BIN)/python tests/quality/bench.py
	$(BIN)/python tests/quality/extract.py
	$(BIN)/python tests/quality/crawl_speed.py
	$(BIN)/python tests/quality/week.py
	$(BIN)/python tests/quality/steps.py
	$(BIN)/python tests/quality/stories_scale.py
	$(BIN)/python tests/quality/archives.py --pages 20000
	$(BIN)/python tests/quality/copies.py
	$(BIN)/python tests/quality/copies_scale.py --articles 100000

soak: $(STAMP)
	$(BIN)/python tests/quality/kills.py --kills 20
	$(BIN)/python tests/quality/crawl_kills.py --kills 500
	$(BIN)/python tests/quality/pacing.py --kills 30
	$(BIN)/python tests/quality/hostile.py

# The stamp makes a second `make run` start at once; a changed list of dependencies installs again.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Tideline needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say which with: make run PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Tideline and what it needs into $(VENV) (once, a few minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

clean:
	rm -rf $(VENV) tideline-demo build dist

models: $(STAMP)
	$(BIN)/python models/tagger/train.py
