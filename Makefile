# PhotoSky: every command a person needs. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
SOURCES := app.py api benchmarks diagrams docs infrastructure local photosky tasks tests workflows

# Where no bytecode may be written, each process compiles its modules again.
unexport PYTHONDONTWRITEBYTECODE

# Make's variables are case-sensitive, so that env=dev would be ignored.
$(foreach name,args env examples folder journeys kills owner photo port request seconds seed source state,$(if $(filter command,$(origin $(name))),\
	$(error $(name)=$($(name)): write $(shell echo $(name) | tr a-z A-Z)=$($(name)), in capital letters)))

# The recipe's shell reads such a value from its environment: it may have spaces and quotes.
STATE_OPTION = $(if $(STATE),--state "$$STATE")

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

.PHONY: install
install: .venv/.installed ## make the pinned environment in .venv

.venv/.installed: requirements/uv.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "PhotoSky needs Python 3.11 or later; name one with make PYTHON=...")'
	@echo "Installing the pinned environment into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/uv.txt
	@$(BIN)/python -m uv pip sync --quiet --require-hashes requirements/dev.txt
	@touch $@

.PHONY: run
run: install ## run the whole stack on this machine: make run PORT=8080 STATE=~/photosky
	@$(BIN)/python -m local run $(STATE_OPTION) $(if $(PORT),--port "$$PORT") $(ARGS)

.PHONY: demo
demo: install ## send a folder of pictures through the running stack: make demo FOLDER=~/Pictures
	@$(BIN)/python -m local demo $(STATE_OPTION) $(ARGS) $(if $(FOLDER),"$$FOLDER")

.PHONY: reconcile
reconcile: install ## repair what lost executions left on the running stack, and audit all records and objects
	@$(BIN)/python -m local reconcile $(STATE_OPTION) $(ARGS)

.PHONY: events
events: install ## print the events of photos as they happen, until Ctrl-C: on AWS: ENV=dev
	@$(BIN)/python -m local events $(STATE_OPTION) $(if $(ENV),--env $(ENV)) $(ARGS)

.PHONY: trace
trace: install ## print the traces of a photo on the running stack: make trace PHOTO=..., or REQUEST=...
	@$(BIN)/python -m local trace $(STATE_OPTION) $(ARGS) $(PHOTO)$(REQUEST)

.PHONY: reprocess
reprocess: install ## renew all previews that differ from the presets: make reprocess ARGS=--dry-run; on AWS: ENV=dev
	@$(BIN)/python -m local reprocess $(STATE_OPTION) $(if $(ENV),--env $(ENV)) $(ARGS)

.PHONY: import
import: install ## import originals: make import SOURCE=~/Pictures, or s3://bucket/prefix; on AWS: ENV=dev OWNER=user
	@$(BIN)/python -m local import $(STATE_OPTION) $(if $(ENV),--env $(ENV)) $(if $(OWNER),--owner "$$OWNER") \
		$(ARGS) $(if $(SOURCE),"$$SOURCE")

.PHONY: page
page: install ## write the page to the bucket behind an environment's CloudFront distribution: make page ENV=dev
	@$(BIN)/python -m local page $(STATE_OPTION) $(if $(ENV),--env $(ENV)) $(ARGS)

.PHONY: smoke
smoke: install ## use a deployed stack as a user does, and compare it with the contract; on AWS: make smoke ENV=dev
	@$(BIN)/python -m local smoke $(STATE_OPTION) $(if $(ENV),--env $(ENV)) $(ARGS)

.PHONY: export
export: install ## download one owner's originals and records: make export OWNER=user FOLDER=~/export; on AWS: ENV=dev
	@$(BIN)/python -m local export $(STATE_OPTION) $(if $(ENV),--env $(ENV)) $(if $(OWNER),--owner "$$OWNER") \
		$(ARGS) $(if $(FOLDER),"$$FOLDER")

.PHONY: erase
erase: install ## remove one owner's photos, in all versions, and the user: make erase OWNER=user; on AWS: ENV=dev
	@$(BIN)/python -m local erase $(STATE_OPTION) $(if $(ENV),--env $(ENV)) $(if $(OWNER),--owner "$$OWNER") $(ARGS)

# Tests run on all cores; those that share a stack run on one (tests/scheduling.py).
PARALLEL := -n auto --dist loadscope --no-loadscope-reorder

.PHONY: check
check: lint ## check style, types and unit tests: the quick loop
	@mkdir -p .mypy_cache; $(BIN)/mypy $(SOURCES) > .mypy_cache/check.log 2>&1 & types=$$!; \
		$(BIN)/python -m pytest tests/unit -m "not slow" -q $(PARALLEL) $(ARGS); tests=$$?; \
		wait $$types; types=$$?; cat .mypy_cache/check.log; exit $$((tests | types))

.PHONY: test
test: install ## run every test
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

.PHONY: test-browser
test-browser: install ## use the page in Chromium: make test-browser ARGS="--screenshots DIR"
	@$(BIN)/python -m uv pip install --quiet --require-hashes --no-deps -r requirements/browser.txt
	@$(BIN)/python -m pytest tests/browser -n 2 --dist loadfile $(ARGS)

.PHONY: contract
contract: install ## hold the contract against the API: make contract SEED=7 EXAMPLES=500
	@$(BIN)/python -m pytest tests/local/test_contract.py -s \
		$(if $(SEED),--contract-seed $(SEED)) $(if $(EXAMPLES),--contract-examples $(EXAMPLES)) $(ARGS)

.PHONY: soak
soak: install ## let thousands of journeys survive faults: make soak JOURNEYS=10000
	@JOURNEYS=$(or $(JOURNEYS),10000) $(BIN)/python -m pytest $(PARALLEL) tests/faults/test_journeys.py $(ARGS)

.PHONY: crash
crash: install ## kill the stack while users work, and check what it acknowledged: make crash KILLS=30 SEED=7
	@$(BIN)/python -m pytest tests/local/test_crash.py -s --kills $(or $(KILLS),30) $(if $(SEED),--crash-seed $(SEED)) $(ARGS)

.PHONY: fuzz
fuzz: install ## damage pictures for a while and see them refused: make fuzz SECONDS=60
	@$(BIN)/python -m uv pip install --quiet --require-hashes --no-deps -r requirements/fuzz.txt
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

.PHONY: load
load: install ## load a temporary stack: make load ARGS=--quick, --growth, --listing, or ARGS="--minutes 10 --users 20"
	@$(BIN)/python -m uv pip install --quiet --require-hashes --no-deps -r requirements/load.txt
	@$(BIN)/python -m benchmarks.load $(ARGS)

.PHONY: bench
bench: install ## compare the previews with other libraries, and this tree with a commit: make bench ARGS=--quick
	@$(BIN)/python -m uv pip install --quiet --require-hashes --no-deps -r requirements/load.txt
	@$(BIN)/python -m benchmarks.previews $(ARGS)
	@$(BIN)/python -m benchmarks.latency $(ARGS)

.PHONY: bench-coldstart
bench-coldstart: install ## measure cold starts, also against a commit: make bench-coldstart ARGS="--against HEAD~1"
	@$(BIN)/python -m uv pip install --quiet --require-hashes --no-deps -r requirements/load.txt
	@$(BIN)/python -m benchmarks.coldstart $(ARGS)

.PHONY: bench-latency
bench-latency: install ## ingest, listing and page at AWS latencies: make bench-latency ARGS="--against HEAD~1"
	@$(BIN)/python -m benchmarks.latency $(ARGS)

.PHONY: bench-library
bench-library: install ## measure listings, timeline, changes and edits with up to 100,000 photos: make bench-library ARGS=--quick
	@$(BIN)/python -m benchmarks.library $(ARGS)

.PHONY: lint
lint: install ## check style
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)

.PHONY: types
types: install ## check types
	@$(BIN)/mypy $(SOURCES)

.PHONY: format
format: install ## put style right
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

.PHONY: synth
synth: install ## print an environment's template: make synth ENV=dev
	@$(BIN)/python -m local cdk synth -c env=$(ENV)

.PHONY: bootstrap
bootstrap: install ## prepare an AWS account and region for the CDK, once: make bootstrap ENV=dev
	@$(BIN)/python -m local cdk bootstrap -c env=$(ENV) $(ARGS)

.PHONY: deploy
deploy: install ## deploy an environment to AWS: make deploy ENV=dev
	@$(BIN)/python -m local cdk deploy -c env=$(ENV) $(ARGS)

.PHONY: rollback
rollback: install ## go back to the last release whose smoke test passed: make rollback ENV=dev
	@$(BIN)/python -m local rollback $(if $(ENV),--env $(ENV)) $(ARGS)

.PHONY: diff
diff: install ## show what a deployment would change: make diff ENV=dev
	@$(BIN)/python -m local cdk diff -c env=$(ENV) $(ARGS)

.PHONY: destroy
destroy: install ## delete an environment's stack; prod is protected and keeps its data: make destroy ENV=dev
	@$(BIN)/python -m local cdk destroy -c env=$(ENV) $(ARGS)

.PHONY: docs
docs: install ## render the API's contract to a page, and write README's table of routes
	@$(BIN)/python -m docs

.PHONY: diagrams
diagrams: install ## draw the diagrams from the synthesized template
	@$(BIN)/python -m diagrams

.PHONY: simulate
simulate: install ## compute cost, quotas and bursts, and write docs/scale.md
	@$(BIN)/python -m benchmarks.scale

.PHONY: release
release: install ## set the version and close the changelog's section: make release VERSION=1.1.0
	@$(BIN)/python -m infrastructure.release "$(VERSION)"

.PHONY: lock
lock: install ## pin the newest versions that pyproject.toml and the package.json files allow, with hashes
	@for group in dev runtime imaging uv fuzz load browser; do \
		$(BIN)/python -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-annotate --no-header --group $$group \
			$$(test $$group = dev || echo -c requirements/dev.txt) -o requirements/$$group.txt pyproject.toml || exit 1; \
	done
	@for project in local/cdk-cli web docs tests/client tests/browser benchmarks/previews; do \
		$(BIN)/npm --prefix $$project update --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts \
			--no-audit --no-fund || exit 1; \
	done
