"""A part of Keras's own tests on MLC: what does not pass there must not pass without MLC either.

All of them: `make test-keras`. What crashes, hangs or cannot be read is found by the runner, whose
own test is tests/keras_suite/test_keras_runner.py.
"""

import pytest
from keras_suite import report, runner, suite

# Of each folder what is quick and needs no packages beside Keras and TensorFlow.
SELECTION = {
    "layers": [
        "layers/activations",
        "layers/attention",
        "layers/convolutional",
        "layers/normalization",
        "layers/pooling",
        "layers/rnn/bidirectional_test.py",
        "layers/rnn/gru_test.py",
        "layers/rnn/lstm_test.py",
    ],
    "losses": ["losses", "regularizers"],
    "optimizers": ["optimizers/adam_test.py", "optimizers/sgd_test.py", "optimizers/muon_test.py"],
    "ops": ["ops/nn_test.py", "ops/linalg_test.py"],
}
AT_LEAST = {"layers": 500, "losses": 200, "optimizers": 15, "ops": 600}  # tests, in Keras 3.15


@pytest.mark.parametrize("part", SELECTION)
def test_what_passes_without_mlc_passes_on_it(part):
    files = suite.files(SELECTION[part])
    on_mlc = runner.run(files, "mlc", suite.ROOT)
    passed = [test for test, record in on_mlc.items() if record["outcome"] == "passed"]
    assert len(passed) >= AT_LEAST[part] * 0.9
    known = suite.reasons()
    suspects = [
        test
        for test, record in on_mlc.items()
        if record["outcome"] not in ("passed", "skipped") and test not in known
    ]
    if suspects:
        of_suspects = sorted({test.split("::")[0].split(" (")[0] for test in suspects})
        on_cpu = runner.run(of_suspects, "cpu", suite.ROOT)
        lost = {
            test: report.last_line(on_mlc[test])
            for test in suspects
            if on_cpu.get(test, {"outcome": "passed"})["outcome"] == "passed"
        }
        assert not lost
