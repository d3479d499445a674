# The two commands: `make run` and `make test`. Both set everything up first.
PYTHON ?= python3
BIN := .venv/bin
# Two workers use two cores, so each has one thread. Elsewhere torch chooses; resnet_labs/__init__.py has the rule.
ONE := OMP_NUM_THREADS=1 $(BIN)/python

.PHONY: run test exhaustive weekly setup labs book gpu epub pdf lint types clean

run: setup
	$(BIN)/resnet-labs run digits

test: setup
	$(ONE) -m pytest $(COVERAGE) -m "not exhaustive" -n 2 --dist loadfile --no-loadscope-reorder --doctest-modules resnet_labs tests

exhaustive: setup   ## thousands of damaged files, workers and children that die
	$(ONE) -m pytest -m "exhaustive and not weekly" -n 2 --dist loadfile tests

weekly: setup   ## every answer that is known, with many draws; slow threats; the dry run of the GPU hour; steps walked in copies
	$(ONE) -m pytest -m weekly -n 2 tests

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	command -v uv >/dev/null || $(BIN)/python -m pip install --quiet uv
	PATH="$(CURDIR)/$(BIN):$$PATH" uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[dev]'
	touch $@

labs: setup   ## solutions -> student notebooks
	$(BIN)/python -m resnet_labs.labkit.build

# Labs run two at a time, and only if a lab, the package, a version or the machine has changed since the last time.
book: setup
	$(BIN)/jupyter-book build . --toc book/_toc.yml --path-output book --all -W -n --keep-going

epub pdf: setup   ## the book as one EPUB; as one PDF, and a PDF of each lab (needs Chromium)
	$(BIN)/python -m resnet_labs.labkit.book.formats $@

gpu:   ## a GPU that is at hand for minutes; installs nothing. GPU="--blocks 3 --packed trip3.pack" adds options
	$(or $(wildcard $(BIN)/python),$(PYTHON)) -m resnet_labs.cli gpu $(GPU)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

clean:
	rm -rf .venv .venv-oldest book/_build runs
