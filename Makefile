# Needs Python 3.11 or newer and make. Node comes from PyPI where the machine has none.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
BUILT := sm_pipeline_widgets/labextension/package.json
LINK := $(VENV)/share/jupyter/labextensions/sm-pipeline-widgets
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
# more options for pytest, for example: make test PYTEST="-k canvas"
PYTEST ?=

export PATH := $(BIN):$(PATH)
# exit status 5: `-k` has left none of these, which is no failure
some = $(1) || [ $$? -eq 5 ]
# On a busy machine a moment may pass unseen: a failed test is tried once more, and listed as RERUN at the end.
AGAIN := --reruns 1
# the definitions other people's code made; tests that need them fail loudly without
export SM_PIPELINE_DEFINITIONS ?= $(abspath $(CURDIR)/../shared/definitions)

.PHONY: help lab test check lint types frontend docs pictures bench soak lowest clean

help: ## show this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST)

lab: $(VENV)/.lab ## install into .venv and open JupyterLab on the quickstart
	jupyter lab $(AS_ROOT) notebooks/quickstart.ipynb

test: $(VENV)/.test ## install what the tests need and run all of them: lint, types, unit, contract, browser
	sh tests/browser/ensure_chromium.sh
	$(MAKE) check
	$(call some,pytest -n 2 --dist loadfile $(AGAIN) -m "not browser and not soak" $(PYTEST))
	$(call some,pytest -n 2 --dist loadfile $(AGAIN) -m "browser and not soak" $(PYTEST))

check: lint types ## lint and types alone

lint: $(VENV)/.test
	ruff check .
	ruff format --check .

types: $(VENV)/.test labextension/node_modules/.yarn-state.yml
	mypy
	cd labextension && jlpm run check

frontend: labextension/node_modules/.yarn-state.yml ## build the front end again, after a change of labextension/
	cd labextension && jlpm run build:prod

docs: $(VENV)/.test ## build the documentation into build/site
	sphinx-build -W docs build/site

pictures: $(VENV)/.test ## take the documentation's pictures anew
	pytest -m browser tests/browser/test_quickstart.py tests/browser/editing tests/browser/test_difference.py tests/browser/test_lab.py
	python -m tests.browser.pictures

bench: $(VENV)/.test ## measure against named peers and print the tables of docs/benchmarks.md
	python -m tests.benchmarks

soak: $(VENV)/.test $(VENV)/sdk3/.done ## the long tests
	SM_PIPELINE_SDK3_PYTHON=$(CURDIR)/$(VENV)/sdk3/bin/python pytest -m soak --timeout 3600 $(PYTEST)

# The oldest of everything pyproject.toml allows. Left out: clients that insist on newer ones, and what only the newest
# boto3 can say; warnings are those of old packages about a newer Python.
OLD := $(VENV)/lowest/bin/python
lowest: $(VENV)/lowest/.done ## the tests against the oldest versions that are allowed
	$(OLD) -W ignore -m pytest -n 2 --dist loadfile -o filterwarnings=default \
	  -m "not browser and not soak and not newest_boto3" --ignore tests/browser --ignore tests/packaging \
	  --ignore tests/contract/sdk --ignore tests/contract/sdk3 --ignore tests/contract/test_sdk_definitions.py \
	  --ignore tests/contract/test_loopback.py --ignore tests/test_site.py \
	  --deselect tests/contract/test_control.py::test_the_cli_answers_a_callback_and_reads_queues \
	  -k "not awscli and not by_the_cli and not the_cli_calls" $(PYTEST)

$(VENV)/lowest/.done: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv venv --quiet --allow-existing $(VENV)/lowest
	$(BIN)/uv pip install --quiet --python $(OLD) --resolution lowest-direct '.[lab]'
	$(BIN)/uv pip install --quiet --python $(OLD) --editable . \
	  pytest pytest-timeout pytest-xdist hypothesis nbclient 'moto[s3,sagemaker,logs,server]>=5' resvg-py pydot
	touch $@

# The SDK 3.x cannot stand beside 2.x, and is a gigabyte: an environment of its own, for the long tests alone.
$(VENV)/sdk3/.done: | $(VENV)/.test
	python -m venv $(VENV)/sdk3
	$(VENV)/sdk3/bin/python -m pip install --quiet 'sagemaker>=3' scikit-learn --editable .
	touch $@

# The front end is built by the package's own build; the link lets a rebuilt one be seen without installing again.
$(VENV)/.lab: pyproject.toml | $(VENV)/bin/python
	python -m pip install --quiet --editable '.[lab]'
	mkdir -p $(dir $(LINK)) && rm -rf $(LINK) && ln -s $(abspath $(dir $(BUILT))) $(LINK)
	touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.lab
	python -m pip install --quiet --editable '.[lab,test]'
	rm -rf $(LINK) && ln -s $(abspath $(dir $(BUILT))) $(LINK)
	touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip

labextension/node_modules/.yarn-state.yml: labextension/package.json labextension/yarn.lock | $(VENV)/.test
	cd labextension && jlpm install --immutable
	touch $@

clean: ## remove everything built and installed
	rm -rf $(VENV) dist sm_pipeline_widgets/labextension labextension/node_modules labextension/lib
