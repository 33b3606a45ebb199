"""Optimizers against PyTorch, against textbook loops, and on two problems whose minimum is known."""

import copy
import pickle

import numpy as np
import pytest

from skscratch.core import (
    Adam,
    AdamW,
    Adaptive,
    Affine,
    Chain,
    FlatCosine,
    InverseScaling,
    Optimizer,
    Parameters,
    ParameterSpec,
    RmsProp,
    ScaleByRate,
    ScheduleState,
    Sgd,
    Update,
)
from skscratch.core import parameters as parameters_module
from skscratch.core.parameters import BLOCK

K, P_SIZE, STEPS = 2, 5, 20
ALPHA = 0.3
DECAY = np.array([ALPHA] * (P_SIZE - 1) + [0])  # of weights, not of the bias


def new_parameters(values):
    """Parameters of one dense layer with one output: all columns are weights, except for the last, the bias."""
    p = values.shape[1]
    return Parameters(values, [Affine(ParameterSpec((p - 1, 1), "weight"), ParameterSpec((1,), "bias"))])


def make_steps(chain, q, gradient, states):
    """The parameters after a step for each schedule state from q (k, p), where gradient maps (k, p) to (k, p)."""
    P, dP = new_parameters(q.copy()), new_parameters(np.empty_like(q))
    state = chain.init(P)
    update = Update(chain, P, dP, state)
    for schedule_state in states:
        dP.values[...] = gradient(P.values)
        update(chain.rate_at(schedule_state))
    return P.values


def descend(chain, q, gradient, steps=STEPS, schedule_state=None):
    return make_steps(chain, q, gradient, [schedule_state or ScheduleState()] * steps)


def descend_as_planned(chain, q, gradient, steps):
    """As `descend`, with the progress of a fit."""
    return make_steps(chain, q, gradient, [ScheduleState(progress=t / steps) for t in range(steps)])


def noisy(q):
    """A gradient that differs from step to step and from member to member, without a generator."""
    return np.sin(7 * q) + q * np.geomspace(0.1, 10, q.shape[1])


def textbook(step):
    """Make a loop of q <- step(q, g, t, moments)."""

    def loop(q, steps=STEPS):
        q, moments = q.copy(), {"m": 0, "v": 0}
        for t in range(1, steps + 1):
            q = step(q, noisy(q), t, moments)
        return q

    return loop


@textbook
def by_sgd(q, g, t, s):
    return q - 0.05 * g


@textbook
def by_momentum(q, g, t, s):
    s["v"] = 0.9 * s["v"] - 0.02 * g
    return q + s["v"]


@textbook
def by_nesterov(q, g, t, s):
    """q is the point ahead, as in Sutskever et al. (2013), rearranged."""
    before, s["v"] = s["v"], 0.9 * s["v"] - 0.02 * g
    return q - 0.9 * before + 1.9 * s["v"]


@textbook
def by_rmsprop(q, g, t, s):
    s["v"] = 0.8 * s["v"] + 0.2 * g**2
    return q - 0.03 * g / (np.sqrt(s["v"]) + 1e-4)


@textbook
def by_adam(q, g, t, s):
    s["m"], s["v"] = 0.8 * s["m"] + 0.2 * g, 0.95 * s["v"] + 0.05 * g**2
    return q - 0.03 * np.sqrt(1 - 0.95**t) / (1 - 0.8**t) * s["m"] / (np.sqrt(s["v"]) + 1e-3)


@textbook
def by_adamw(q, g, t, s):
    s["m"], s["v"] = 0.9 * s["m"] + 0.1 * g, 0.999 * s["v"] + 0.001 * g**2
    m_hat, v_hat = s["m"] / (1 - 0.9**t), s["v"] / (1 - 0.999**t)
    return q - 0.03 * (m_hat / np.sqrt(v_hat) + DECAY * q)


@textbook
def by_clipped_momentum(q, g, t, s):
    g = g * np.minimum(1, 0.5 / np.linalg.norm(g, axis=1, keepdims=True))
    s["v"] = 0.9 * s["v"] - 0.02 * g
    return q + s["v"]


# By name: an optimizer, the arguments of its chain, and the loop by the textbook.
ROWS = {
    "sgd": (Sgd(), {"rate": 0.05}, by_sgd),
    "momentum": (Sgd(0.9), {"rate": 0.02}, by_momentum),
    "nesterov": (Sgd(0.9, nesterovs_momentum=True), {"rate": 0.02}, by_nesterov),
    "rmsprop": (RmsProp(0.8, 1e-4), {"rate": 0.03}, by_rmsprop),
    "adam": (Adam(0.8, 0.95, 1e-3), {"rate": 0.03}, by_adam),
    "adamw": (AdamW(epsilon=0, alpha=ALPHA), {"rate": 0.03}, by_adamw),
    "clipped": (Sgd(0.9), {"rate": 0.02, "clip_norm": 0.5}, by_clipped_momentum),
}
CHAINS = {name: optimizer.chain(**arguments) for name, (optimizer, arguments, _) in ROWS.items()}
every_row = pytest.mark.parametrize("name", ROWS)
every_name = pytest.mark.parametrize("name", Optimizer.names())


def test_every_class_has_a_row_and_a_name(concrete_classes):
    classes = concrete_classes(Optimizer)
    assert {type(optimizer) for optimizer, _, _ in ROWS.values()} == classes
    assert {type(Optimizer.make(name)) for name in Optimizer.names()} == classes


@every_row
def test_steps_equal_the_textbook(name, rng):
    q = rng.standard_normal((K, P_SIZE))
    np.testing.assert_allclose(descend(CHAINS[name], q, noisy), ROWS[name][2](q), rtol=1e-11)


@pytest.mark.parametrize(
    ("name", "optimizer", "rate", "options"),
    [
        ("SGD", Sgd(), 0.05, {}),
        ("SGD", Sgd(0.8), 0.02, {"momentum": 0.8}),
        ("SGD", Sgd(0.8, nesterovs_momentum=True), 0.02, {"momentum": 0.8, "nesterov": True}),
        ("RMSprop", RmsProp(0.95, 1e-4), 0.03, {"alpha": 0.95, "eps": 1e-4}),
        ("Adam", Adam(0.8, 0.95, 0.0), 0.03, {"betas": (0.8, 0.95), "eps": 0.0}),
        ("AdamW", AdamW(epsilon=0.0, alpha=0.3), 0.03, {"weight_decay": 0.3, "eps": 0.0}),
    ],
)
def test_steps_equal_pytorch(name, optimizer, rate, options, rng):
    torch = pytest.importorskip("torch")
    q = rng.standard_normal((K, P_SIZE))
    weights, bias = (torch.tensor(part.copy(), requires_grad=True) for part in (q[:, :-1], q[:, -1:]))
    groups = [{"params": [weights]}, {"params": [bias], "weight_decay": 0.0}]
    theirs = getattr(torch.optim, name)(groups, lr=rate, **options)
    for _ in range(STEPS):
        gradient = noisy(np.hstack([weights.detach().numpy(), bias.detach().numpy()]))
        weights.grad, bias.grad = torch.tensor(gradient[:, :-1].copy()), torch.tensor(gradient[:, -1:].copy())
        theirs.step()
    expected = np.hstack([weights.detach().numpy(), bias.detach().numpy()])
    np.testing.assert_allclose(descend(optimizer.chain(rate), q, noisy), expected, rtol=1e-10)


def test_clipping_equals_pytorch_member_by_member(rng):
    torch = pytest.importorskip("torch")
    q = rng.standard_normal((K, P_SIZE))
    ours = descend(Sgd().chain(1.0, clip_norm=0.7), q, noisy, steps=1)
    for i in range(K):
        theirs = torch.tensor(q[i], requires_grad=True)
        theirs.grad = torch.tensor(noisy(q)[i])
        torch.nn.utils.clip_grad_norm_([theirs], 0.7)
        np.testing.assert_allclose(ours[i], q[i] - theirs.grad.numpy(), rtol=1e-5)  # they divide by the norm + 1e-6


def parabola(q):
    """The gradient of sum c_j (q_j - 1)^2 / 2 with curvatures from 1 to 10."""
    return np.linspace(1, 10, q.shape[1]) * (q - 1)


def rosenbrock(q):
    """The gradient of (1 - x)^2 + 100 (y - x^2)^2, whose minimum (1, 1) is in a bent valley."""
    x, y = q.T
    return np.stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=1)


@pytest.mark.parametrize(
    ("chain", "steps"),
    [
        (Sgd().chain(0.1), 200),
        (Sgd(0.9).chain(0.03), 300),
        (Sgd(0.9, nesterovs_momentum=True).chain(0.03), 300),
        (RmsProp().chain(0.05, FlatCosine()), 500),
        (Adam().chain(0.05, FlatCosine()), 500),
        (AdamW(alpha=0.0).chain(0.05, FlatCosine()), 500),
        (Sgd(0.9).chain(0.03, clip_norm=5.0), 300),
    ],
)
def test_parabola(chain, steps, rng):
    q = descend_as_planned(chain, 3 * rng.standard_normal((K, P_SIZE)), parabola, steps)
    np.testing.assert_allclose(q, 1, atol=1e-3)


@pytest.mark.parametrize(
    ("chain", "steps"),
    [
        (Sgd().chain(0.001), 20000),
        (Sgd(0.9).chain(0.0005), 5000),
        (Sgd(0.9, nesterovs_momentum=True).chain(0.0005), 5000),
        (RmsProp().chain(0.01, FlatCosine()), 5000),
        (Adam().chain(0.02, FlatCosine()), 5000),
        (Sgd(0.9).chain(0.001, clip_norm=1.0), 10000),
    ],
)
def test_rosenbrock(chain, steps):
    q = descend_as_planned(chain, np.array([[-1.2, 1.0], [0.5, -0.5]]), rosenbrock, steps)
    np.testing.assert_allclose(q, 1, atol=0.02)


@pytest.mark.parametrize("k", [1, 3])
@every_row
def test_blocks_change_no_result(name, k, rng, monkeypatch):
    """Parameters longer than a block, and not a multiple of it."""
    q = rng.standard_normal((k, P_SIZE))
    whole = descend(CHAINS[name], q, noisy)
    for block in (1, 2 * k, P_SIZE * k - 1):
        monkeypatch.setattr(parameters_module, "BLOCK", block)
        np.testing.assert_array_equal(descend(CHAINS[name], q, noisy), whole)


@pytest.mark.parametrize(("clip_norm", "largest"), [(None, BLOCK), (1.0, 4 * BLOCK)])
def test_blocks_have_at_most_their_size(clip_norm, largest):
    """Only clipping needs all parameters at once."""
    P, chain = new_parameters(np.zeros((4, BLOCK))), Adam().chain(0.1, clip_norm=clip_norm)
    calls = Update(chain, P, P.empty(), chain.init(P)).tape.calls
    sizes = [max((a.size for a in call.args if isinstance(a, np.ndarray)), default=0) for call in calls]
    assert max(sizes) == largest
    assert sum(size > BLOCK for size in sizes) == (clip_norm is not None)
    assert sum(call.args[-1].size == BLOCK for call in calls if call.func is np.sqrt) == 4


@every_row
def test_members_are_independent(name, rng):
    q = rng.standard_normal((3, P_SIZE))
    together = descend(CHAINS[name], q, noisy)
    for i in range(3):
        np.testing.assert_allclose(descend(CHAINS[name], q[i : i + 1], noisy)[0], together[i], rtol=1e-13)


@every_row
def test_float32_stays_float32(name, rng):
    q = rng.standard_normal((K, P_SIZE))
    narrow = descend(CHAINS[name], q.astype(np.float32), noisy, steps=5)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, descend(CHAINS[name], q, noisy, steps=5), rtol=1e-3, atol=1e-5)


@every_name
def test_factors_multiply_the_rate_by_kind(name, rng):
    """A parameter with the factor 3 moves as at three times the rate, whatever the optimizer."""
    optimizer, q = Optimizer.make(name), rng.standard_normal((K, P_SIZE))
    mixed = descend(optimizer.chain(0.01, factors={"weight": 3.0}), q, noisy)
    np.testing.assert_allclose(mixed[:, :-1], descend(optimizer.chain(0.03), q, noisy)[:, :-1], rtol=1e-12)
    np.testing.assert_allclose(mixed[:, -1], descend(optimizer.chain(0.01), q, noisy)[:, -1], rtol=1e-12)
    fixed = descend(optimizer.chain(0.01, factors={"bias": 0.0, "scale": 6.0}), q, noisy)
    np.testing.assert_array_equal(fixed[:, -1], q[:, -1])
    np.testing.assert_allclose(fixed[:, :-1], descend(optimizer.chain(0.01), q, noisy)[:, :-1], rtol=1e-12)


@every_name
def test_weight_decay_acts_on_weights_where_the_optimizer_says_so(name):
    q = np.ones((1, P_SIZE))
    optimizer = Optimizer.make(name, alpha=0.5)
    change = descend(optimizer.chain(0.1), q, np.zeros_like, steps=1) - q
    expected = -0.1 * 0.5 * np.array([[1, 1, 1, 1, 0]]) * optimizer.decays_weights
    np.testing.assert_allclose(change, expected, atol=1e-15)
    assert optimizer.decays_weights == (name == "adamw")


@every_name
def test_the_size_of_a_gradient_counts_where_the_optimizer_says_so(name):
    q, chain = np.zeros((1, P_SIZE)), Optimizer.make(name).chain(0.1)
    small, large = (descend(chain, q, lambda q, size=size: np.full_like(q, size), steps=1) for size in (1, 1000))
    assert np.allclose(small, large) == Optimizer.make(name).normalizes_gradients
    assert np.allclose(1000 * small, large) == (not Optimizer.make(name).normalizes_gradients)


@pytest.mark.parametrize(
    ("schedule", "state", "factor"),
    [
        (Adaptive(), ScheduleState(plateaus=2), 0.04),
        (InverseScaling(0.5), ScheduleState(rows=99), 0.1),
        (FlatCosine(), ScheduleState(progress=0.75), 0.5),
    ],
)
def test_the_schedule_multiplies_the_rate(schedule, state, factor, rng):
    q = rng.standard_normal((K, P_SIZE))
    scheduled = descend(Adam().chain(0.1, schedule), q, noisy, schedule_state=state)
    np.testing.assert_allclose(scheduled, descend(Adam().chain(0.1 * factor), q, noisy), rtol=1e-12)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_a_copied_state_continues_by_itself(duplicate, rng):
    """A fit that continues from a pickle equals one that was never interrupted."""
    chain, P = Adam().chain(0.1, clip_norm=1.0), new_parameters(rng.standard_normal((K, P_SIZE)))
    state = chain.init(P)
    dP = P.empty()
    update = Update(chain, P, dP, state)
    for _ in range(3):
        dP.values[...] = noisy(P.values)
        update(chain.rate)
    state.t = update.step.t
    other, other_state = new_parameters(P.values.copy()), duplicate(state)
    for Q, s in ((P, state), (other, other_state)):
        Update(chain, Q, Q.like(noisy(Q.values)), s)(chain.rate)
    np.testing.assert_array_equal(P.values, other.values)
    for arrays, other_arrays in zip(state.arrays, other_state.arrays, strict=True):
        assert arrays.keys() == other_arrays.keys()
        for key, array in arrays.items():
            np.testing.assert_array_equal(array, other_arrays[key])
            assert not np.shares_memory(array, other_arrays[key])
    expected = make_steps(chain, np.random.default_rng(0).standard_normal((K, P_SIZE)), noisy, [ScheduleState()] * 4)
    np.testing.assert_array_equal(P.values, expected)


def test_the_state_of_some_members_is_a_view():
    P = new_parameters(np.zeros((3, P_SIZE)))
    state = Adam().chain(0.1).init(P)
    state.t = 7
    members = state.members(slice(1, 3))
    assert members.t == 7
    members.arrays[0]["M"][...] = 1
    np.testing.assert_array_equal(state.arrays[0]["M"], np.repeat([[0.0], [1], [1]], P_SIZE, axis=1))
    assert [sorted(kept) for kept in members.arrays] == [["M", "V"], []]


def test_a_chain_is_in_order():
    chain = AdamW().chain(0.1, FlatCosine(), {"bias": 0.1}, clip_norm=1.0)
    assert chain.names == ("ClipByNorm", "ScaleByAdam", "AddDecay", "ScaleByRate", "ScaleByKind")
    assert (chain.rate, chain.schedule) == (0.1, FlatCosine())
    assert Chain((ScaleByRate(),), rate=0.5).names == Sgd().chain(0.5).names == ("ScaleByRate",)
    assert Sgd(0.5).chain(0.5).names == ("ScaleByRate", "AccumulateMomentum")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_flush_leaves_no_number_whose_square_is_subnormal(dtype):
    tiny = np.finfo(dtype).tiny
    values = np.array([[1.0, -1.0, tiny, -tiny, tiny**0.5 * 2, tiny**0.5 / 2, 0.0]], dtype)
    P, chain = new_parameters(values.copy()), Adam().chain(0.1)
    state = chain.init(P)
    moments = state.arrays[0]
    moments["M"][...], moments["V"][...] = values, values
    Update(chain, P, P.empty(), state).flush()
    expected = [[1, -1, 0, 0, values[0, 4], 0, 0]]
    for array in (P.values, moments["M"], moments["V"]):
        np.testing.assert_array_equal(array, expected)
