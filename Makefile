# `make run` and `make test` do everything from nothing; both need only Python 3.11+, npm and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ADDRESS ?= 127.0.0.1:8000
RERUNS ?= $(if $(filter true,$(CI)),1,0)
# Compiled modules are kept: without them each of the hundreds of servers that the tests start compiles SkySpy anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run unit test lint bench licences airports deps dev browser oldclients notify clean

run: deps browser
	@$(BIN)/skyspy db upgrade
	@$(BIN)/skyspy admin-link --if-empty --address http://$(ADDRESS) | sed "s/^/SkySpy: make the first administrator: /"
	@echo "SkySpy: open http://$(ADDRESS)/  (Ctrl-C stops it)"
	@exec $(BIN)/gunicorn -b $(ADDRESS) wsgi:app

deps: $(VENV)/.deps
dev: $(VENV)/.dev
browser: static/vendor/.done
oldclients: $(VENV)/old-clients/.done
notify: $(VENV)/.notify

$(VENV)/.deps: requirements.lock setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("SkySpy needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.deps requirements-dev.lock
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.lock
	@touch $@

static/vendor/.done: package.json package-lock.json
	npm ci --silent --no-progress --ignore-scripts
	@mkdir -p static/vendor
	cp node_modules/socket.io-client/dist/socket.io.esm.min.js node_modules/uplot/dist/uPlot.iife.min.js node_modules/uplot/dist/uPlot.min.css static/vendor/
# One module of the decoder and of pako, which it needs. Its licences are beside it: a bundle without comments holds none.
	node_modules/.bin/esbuild node_modules/@airframes/acars-decoder/dist/index.mjs --bundle --format=esm --minify --target=es2022 --legal-comments=none --log-level=warning --outfile=static/vendor/acars-decoder.min.js
	cat node_modules/@airframes/acars-decoder/License.md node_modules/pako/LICENSE > static/vendor/acars-decoder.licences.txt
	@touch $@

# An old client library, which a newer one beside it would replace. Without it a test is skipped.
$(VENV)/old-clients/.done: tests/wire/clients/requirements-old.lock | $(VENV)/.deps
	$(PYTHON) -m venv $(VENV)/old-clients
	$(VENV)/old-clients/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

# Apprise, for alerts to the services that it knows. The server runs without it; a process of its own imports it.
$(VENV)/.notify: $(VENV)/.deps requirements-notify.lock
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-notify.lock
	@touch $@

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The tier to run on every save: no database, no server, no network.
unit: dev
	$(BIN)/python -m pytest tests/unit -n 2 --dist loadfile --hypothesis-profile=quick

test: lint browser oldclients notify
# Nothing is tried again here. Under CI one more try is allowed, shown as R: the contract's two seconds for an eviction are measured
# by the clock, over real connections, and a machine shared with strangers may be late for them through no fault of ours.
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -rsR --reruns $(RERUNS) --reruns-delay 1

bench: dev
	$(BIN)/python bench/truth.py
	$(BIN)/python bench/ingest.py
	$(BIN)/python bench/tracker.py
	$(BIN)/python bench/hub.py
	$(BIN)/python bench/hostile.py
	$(BIN)/python -m bench.aircraft_db
	$(BIN)/python bench/airports.py
	$(BIN)/python bench/rules.py
	$(BIN)/python bench/cannonball.py
	$(BIN)/python bench/alerts.py
# Beside another tree with a .venv of its own: $(BIN)/python bench/respawn.py TREE

# After a change of a lock: docs/licences.md names every package with its licence.
licences: dev
	$(BIN)/python docs/make_licences.py

# The table of airports and runways anew, from the packages that docs/make_airports.py pins. Needs the package index.
airports: dev
	$(BIN)/python docs/make_airports.py
	$(BIN)/python docs/make_licences.py

clean:
	rm -rf $(VENV) node_modules static/vendor
