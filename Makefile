# make run     everything on this machine: http://127.0.0.1:8080, mail at port 2525. ARGS="--http-port 0" and the like
# make test    all checks and tests; ARGS="tests/hub -k owner" for some of the tests
# make check   format, lint, types, import rules

.PHONY: run test check setup pins
PIP := .venv/bin/python -m pip --disable-pip-version-check
# The pins name every package, so pip need not resolve; what is imported is compiled then, so it need not compile.
# So it may: where this is set, every process would compile all it imports, every time.
unexport PYTHONDONTWRITEBYTECODE
INSTALL := $(PIP) install --no-input --require-hashes --no-deps --no-compile
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

run: .venv/run.stamp
	.venv/bin/luotsi up $(ARGS)

test: check
	.venv/bin/python -m pytest -n 2 -rs $(ARGS)

check: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

setup: .venv/dev.stamp

.venv/bin/luotsi: | .ci/make-venv
	.ci/make-venv

.venv/run.stamp: requirements.txt .venv/bin/luotsi
	$(INSTALL) -r requirements.txt
	touch $@

.venv/dev.stamp: requirements-dev.txt .venv/bin/luotsi
	$(INSTALL) -r requirements-dev.txt
	touch .venv/run.stamp $@

# Newer versions: `make pins ARGS=--upgrade`. The pins hold for Python 3.11.0 and newer; no registry is named in them.
pins: .venv/bin/luotsi
	$(PIP) install uv
	$(COMPILE) $(ARGS) requirements.in --output-file requirements.txt
	$(COMPILE) $(ARGS) requirements-dev.in --output-file requirements-dev.txt
