# What each target is for: README.md.
BAZEL ?= $(shell command -v bazel || command -v bazelisk || echo bazel)
# Not PYTHON: setup.sh takes that from the environment.
VENV_PYTHON := .venv/bin/python
export BAZEL

.PHONY: bench clean demo format install lint ops setup stage test test-apple test-apple-cross test-asan test-convergence test-fuzz test-keras test-matrix test-slow test-sweep wheel

demo: install
	$(VENV_PYTHON) examples/demo.py

test: install
	@tools/test.sh

# The programs of tests/tf_programs with other versions of TensorFlow: VERSIONS="2.16.2 2.20.0".
test-matrix: install
	@tools/test_matrix.sh $(VERSIONS)

# All of what `make test` runs a part of: every layer, application, optimizer and loss of Keras.
test-slow: install
	$(VENV_PYTHON) -m pytest tests -m slow

# Every op and dtype against TensorFlow's CPU; writes docs/op_sweep.md.
test-sweep: install
	TF_ENABLE_ONEDNN_OPTS=0 PYTHONPATH=tests:tests/kernels $(VENV_PYTHON) -m sweep

# The Objective-C API on GNUstep: its examples, selectors, the mistakes that it must catch, the backend on it, the plugin
# on that; and what of this compiles for macOS.
test-apple: install
	$(BAZEL) build //mlcompute:libraries
	@tools/setup_apple.sh
	$(VENV_PYTHON) -m pytest tests/apple -m "apple or not apple"

# All of the wheel's libraries compiled and linked for macOS, arm64 and x86-64.
test-apple-cross: setup
	@tools/setup_apple.sh zig
	$(VENV_PYTHON) -m pytest tests/apple/test_macos_build.py tests/apple/test_macos_targets.py -m "apple or not apple"

# Random programs under every choice of the compiler's passes: 5000 seeds instead of 150, or SEEDS=first:last.
SEEDS ?= 151:5150
test-fuzz: setup
	$(BAZEL) test //tests/mlcompute:passes/fuzz_test --test_timeout=3600 --test_env=MLC_FUZZ_SEEDS=$(SEEDS)

# The C++ tests with checks of memory and undefined behaviour, by GCC's sanitizers. A process forked while its threads
# run waits for locks of the sanitizer's.
test-asan: setup
	$(BAZEL) test --config=asan -- //tests/mlcompute/... -//tests/mlcompute:team/fork_test

# The tests that Keras ships, on MLC and without it; writes docs/keras_suite.md.
test-keras: install
	@cmp -s tools/keras_suite.txt .venv/keras_suite.txt || { \
	  $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check \
	    -r tools/requirements.txt -r tools/keras_suite.txt && \
	  cp tools/keras_suite.txt .venv/keras_suite.txt; }
	PYTHONPATH=tests $(VENV_PYTHON) -m keras_suite

# All models of tests/convergence beside TensorFlow's CPU; writes docs/convergence.md.
test-convergence: install
	$(BAZEL) build //tests/convergence/fault:libmlc_fault.so
	TF_ENABLE_ONEDNN_OPTS=0 PYTHONPATH=tests $(VENV_PYTHON) -m convergence
	$(VENV_PYTHON) -m pytest tests/convergence --deselect tests/convergence/test_convergence.py \
	  -m "convergence or not convergence"

bench: install
	@benchmarks/peers.sh
	$(VENV_PYTHON) -m benchmarks

setup:
	@tools/setup.sh

wheel: setup
	$(BAZEL) build //:wheel
	@mkdir -p dist && rm -f dist/*.whl
	@install -m 644 bazel-bin/wheel.whl dist/$$(cat bazel-bin/wheel.name) && ls dist/*.whl

install: wheel
	@$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps dist/*.whl

# The wheel's files in a folder, for `PYTHONPATH=$$PWD/build/site-packages`: quicker than installing.
stage: setup
	$(BAZEL) build //:files
	@cd $$($(BAZEL) info execution_root) && $(CURDIR)/$(VENV_PYTHON) $(CURDIR)/tools/make_wheel.py \
	  $(CURDIR)/bazel-bin/wheel.layout --folder $(CURDIR)/build/site-packages

# docs/ops.md, as the device library tells it.
ops: stage
	@$(VENV_PYTHON) tools/op_table.py

lint: setup
	@tools/lint.sh check

format: setup
	@tools/lint.sh format

clean:
	-$(BAZEL) clean
	rm -rf build dist
