"""What examples/objc/ print, beside the same computed by NumPy."""

import numpy as np
import pytest
from framework_build import run


def printed(program):
    """{name: numbers} of lines "name: numbers"; several lines of one name follow each other."""
    done = run(f"examples/objc/{program}", strict="1")
    assert done.returncode == 0, done.stderr
    # Objects released outside a pool are complained about by GNUstep.
    assert "autorelease called without pool" not in done.stderr
    lines = {}
    for line in done.stdout.splitlines():
        name, numbers = line.split(":")
        lines.setdefault(name, []).extend(float(number) for number in numbers.split())
    return lines


def test_three_tensor_sum():
    done = run("examples/objc/three_tensor_sum", strict="1")
    assert done.stdout == "handler: the sum\n1 2.1 3.2 4.3 5.4 6.5 \n", done.stderr


def test_training_loop():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float64)
    y = np.array([1, 0, 3, 2], np.float64)
    w, b, losses = np.array([0.5, -0.5]), 0.0, []
    for step in range(20):
        error = x @ w + b - y
        losses.append(np.mean(error**2))
        rate = 0.5 if step < 10 else 0.25
        w, b = w - rate * 2 * error @ x / 4, b - rate * 2 * np.mean(error)
    found = printed("training_loop")
    assert found["loss"] == pytest.approx(losses[::5], rel=1e-4)
    assert found["weights before synchronizeUpdates"] == [0.5, -0.5]
    assert found["weights"] == pytest.approx(w, rel=1e-4)
    assert found["biases"] == pytest.approx([b], rel=1e-4)
    assert found["predictions"] == pytest.approx(x @ w + b, rel=1e-4, abs=1e-5)


def test_split_phases():
    w = np.array([[1, 2, 3], [4, 5, 6]], np.float64)
    x = np.array([[1, 0, -1], [2, 1, 0]], np.float64)
    dy = np.array([[1, 0], [0.5, -1]])
    found = printed("split_phases")
    assert found["result"] == list((x @ w.T).ravel())
    assert found["gradient of x"] == list((dy @ w).ravel())
    assert found["gradient of weights"] == list((dy.T @ x).ravel())
    assert found["weights"] == list((w - 0.5 * dy.T @ x).ravel())


def test_split_model():
    w1, w2, x = np.array([[1, -1], [0.5, 2]]), np.array([1, 3]), np.array([1, 2])
    y = w1 @ x
    found = printed("split_model")
    assert found["result"] == pytest.approx([w2 @ y**3], rel=1e-6)
    assert found["gradient of x"] == pytest.approx((w2 * 3 * y**2) @ w1, rel=1e-6)


def test_matrix_product():
    a = np.array([[1, 2], [3, 4]])
    assert printed("matrix_product")["A B + C"] == list((a @ a + 1).ravel())


def test_questions():
    """What examples/objc/questions.mm asks a Mac is answered here as docs/mlcompute.md says."""
    done = run("examples/objc/questions", strict="1")
    assert done.returncode == 0, done.stderr
    answers = {}
    for line in done.stdout.splitlines():
        if line[0].isdigit():
            answers[int(line.split(".")[0])] = values = []
        elif line.startswith("  values:"):
            values.append([float(number) for number in line.split(":")[1].split()])
    assert sorted(answers) == [2, 3, 4, 5, 7, 8, 9, 15, 21]
    # The larger half at the right, the window's outside not counted by default.
    assert answers[2][0] == [1.5, 2.5, 3.5, 2]
    assert answers[4] == [[14, 32, 32, 77]]
    logits, labels = np.array([[1, 2], [3, 4]]), np.array([[1, 0], [0, 1]])
    losses = -np.sum(labels * (logits - np.log(np.exp(logits).sum(1, keepdims=True))), 1)
    assert answers[7] == [
        pytest.approx([losses.mean()], rel=1e-5),
        pytest.approx([losses.sum()], rel=1e-5),
    ]
    assert answers[8] == [pytest.approx(losses, rel=1e-5)]
    # Weights [I, O, H, W] in the place of [O, I, H, W] would give other numbers.
    x, weights = np.array([1, 2]), np.arange(1, 13).reshape(3, 2, 2)
    assert answers[5][1] == list(np.einsum("i,oik->ok", x, weights).ravel())
    assert answers[15] == [pytest.approx(np.log1p(np.exp([2, 4])), rel=1e-5)]
    assert answers[21] == [[1, 1.25, 1.75, 2]]


@pytest.mark.parametrize(
    "program, numbers",
    {
        "questions_types": [10, 11, 12, 13, 18],
        "questions_training": [6, 14, 16, 17, 22, 23],
        "questions_asynchronous": [19, 20],
    }.items(),
)
def test_further_questions(program, numbers):
    """They are well formed: each is asked, and gets an answer."""
    done = run(f"examples/objc/{program}")
    assert done.returncode == 0, done.stderr
    answers = {}
    for line in done.stdout.splitlines():
        if not line.startswith(" "):
            answers[int(line.split(".")[0])] = lines = []
        else:
            lines.append(line)
    assert sorted(answers) == numbers
    assert all(answers.values())
    assert "exception" not in done.stdout and "NO from" not in done.stderr
