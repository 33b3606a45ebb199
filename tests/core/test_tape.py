"""Tapes: a replay makes the recorded calls, in order, on the present values of the arrays."""

import numpy as np
import pytest

from skscratch.core import Tape, run

UFUNCS = [
    (np.add, 2),
    (np.maximum, 2),
    (np.minimum, 2),
    (np.greater, 2),
    (np.matmul, 2),
    (np.sqrt, 1),
    (np.tanh, 1),
]


def test_recording_makes_no_call():
    tape, calls, z = Tape(float), [], np.array([1.0])
    tape(calls.append, "first")
    tape(np.add, z, 1, out=z)
    assert calls == []
    assert z == 1


def test_a_replay_makes_all_calls_in_order():
    tape, calls = Tape(float), []
    for i in range(5):
        tape(calls.append, i)
    for _ in range(2):
        tape.replay()
    assert calls == [0, 1, 2, 3, 4] * 2


def test_a_replay_reads_the_present_values():
    tape, x, rate, z = Tape(float), np.array([1.0, 2.0]), np.array(10.0), np.empty(2)
    tape(np.multiply, x, rate, out=z)
    tape(np.add, z, x, out=z)
    for new_x, new_rate in (([3.0, 4.0], 10.0), ([3.0, 4.0], -1.0), ([0.5, 0.25], 3.0)):
        x[...], rate[...] = new_x, new_rate
        tape.replay()
        np.testing.assert_array_equal(z, np.array(new_x) * (new_rate + 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("f", "n_inputs"), UFUNCS)
def test_every_form_of_a_ufunc_equals_the_call_itself(f, n_inputs, dtype, rng):
    """`out` may be passed by position, which NumPy deprecates for some: pytest turns a warning into an error."""
    arrays = [rng.uniform(0.5, 2, (3, 3)).astype(dtype) for _ in range(n_inputs)]
    tape, by_tape, by_run = Tape(dtype), np.empty((3, 3), dtype), np.empty((3, 3), dtype)
    tape(f, *arrays, out=by_tape)
    tape.replay()
    run(f, *arrays, out=by_run)
    np.testing.assert_array_equal(by_tape, f(*arrays))
    np.testing.assert_array_equal(by_run, f(*arrays))


def test_options_besides_out_are_passed(rng):
    a, b = rng.standard_normal((2, 3, 4))
    tape, taken, dots, sums, columns = Tape(float), np.empty((3, 2)), np.empty(4), np.empty(3), np.array([3, 0])
    tape(np.take, a, columns, axis=1, out=taken, mode="clip")
    tape(np.vecdot, a, b, axis=0, out=dots)
    tape(np.add.reduce, a, axis=-1, out=sums)
    tape.replay()
    np.testing.assert_array_equal(taken, a[:, [3, 0]])
    np.testing.assert_allclose(dots, (a * b).sum(axis=0), rtol=1e-14)
    np.testing.assert_allclose(sums, a.sum(axis=1), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_of_a_ufunc_become_arrays_of_the_dtype_once(dtype):
    x = np.ones(3, dtype)
    tape = Tape(dtype)
    tape(np.multiply, x, 2, out=x)
    tape(np.multiply, 0.1, x, out=x)
    for call, i in zip(tape.calls, (1, 0), strict=True):
        assert isinstance(call.args[i], np.ndarray)
        assert call.args[i].dtype == dtype
    tape.replay()
    np.testing.assert_array_equal(x, np.full(3, 2, dtype) * dtype(0.1))


def test_numbers_of_other_functions_stay_as_they_are():
    tape, calls = Tape(np.float32), []
    tape(lambda *arguments, **options: calls.append((arguments, options)), 3, 0.1, out=7)
    tape.replay()
    assert calls == [((3, 0.1), {"out": 7})]


def test_an_error_ends_the_replay():
    tape, calls = Tape(float), []
    tape(calls.append, 1)
    tape(lambda: 1 / 0)
    tape(calls.append, 2)
    with pytest.raises(ZeroDivisionError):
        tape.replay()
    assert calls == [1]


def test_a_tape_and_run_are_called_alike(rng):
    """A long random sequence of calls: the same numbers by `run`, by a tape, and written out."""
    start = rng.uniform(0.5, 1, (2, 4))
    by_run, by_tape, expected, tape = start.copy(), start.copy(), start.copy(), Tape(float)
    functions = [(np.multiply, lambda a, c: a * c), (np.add, lambda a, c: a + c), (np.minimum, np.minimum)]
    for choice, number in zip(rng.integers(0, 3, 50), rng.uniform(0.5, 1.2, 50), strict=True):
        f, written_out = functions[choice]
        assert run(f, by_run, float(number), out=by_run) is None
        assert tape(f, by_tape, float(number), out=by_tape) is None
        expected = written_out(expected, number)
    tape.replay()
    np.testing.assert_array_equal(by_run, expected)
    np.testing.assert_array_equal(by_tape, expected)
