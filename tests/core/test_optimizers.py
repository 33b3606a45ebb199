"""Optimizers against PyTorch, against textbook loops, and on two problems whose minimum is known."""

import copy
import pickle

import numpy as np
import pytest
from skscratch.core.transforms import ScaleByRate

from skscratch.core import parameters as parameters_module
from skscratch.core.optimizers import Adam, Sgd, chain, momentum
from skscratch.core.parameters import BLOCK, Parameters, Slot
from skscratch.core.schedules import Adaptive, FlatCosine, InverseScaling, ScheduleState

K, SIZE, STEPS = 2, 5, 20
DECAY = np.linspace(0.0, 0.4, SIZE)


def parameters(values):
    return Parameters(values, [{"W": Slot(values.shape[1:], "weight")}])


def descend(optimizer, q, gradient, steps=STEPS, clock=None):
    """The parameters after some steps from q (k, p), where gradient maps (k, p) to (k, p)."""
    P = parameters(q.copy())
    state, clock = optimizer.init(P), clock or ScheduleState()
    for _ in range(steps):
        optimizer.step(P, P.like(gradient(P.values)), state, clock)
    assert state.t == steps
    return P.values


def noisy(q):
    """A gradient that differs from step to step and from member to member, without a generator."""
    return np.sin(7 * q) + q * np.geomspace(0.1, 10, q.shape[1])


def textbook(step):
    """q <- step(q, g, t, memory), written out."""

    def loop(q, steps=STEPS):
        q, memory = q.copy(), {"m": 0, "v": 0}
        for t in range(1, steps + 1):
            q = step(q, noisy(q), t, memory)
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
    """Nesterov's point of view: q holds the point ahead, as in Sutskever et al. (2013), rearranged."""
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


RECIPES = {
    "sgd": (Sgd().chain(0.05), by_sgd),
    "momentum": (momentum(0.02), by_momentum),
    "nesterov": (momentum(0.02, nesterov=True), by_nesterov),
    "rmsprop": (rmsprop(0.03, 0.8, 1e-4), by_rmsprop),
    "adam": (Adam().chain(0.03, 0.8, 0.95, 1e-3), by_adam),
    "adamw": (adamw(0.03, DECAY, epsilon=0), by_adamw),
    "clipped": (momentum(0.02, clip_norm=0.5), by_clipped_momentum),
}
every_recipe = pytest.mark.parametrize("name", RECIPES)


@every_recipe
def test_recipes_equal_the_textbook(name, rng):
    optimizer, expected = RECIPES[name]
    q = rng.standard_normal((K, SIZE))
    np.testing.assert_allclose(descend(optimizer, q, noisy), expected(q), rtol=1e-11)


@pytest.mark.parametrize(
    ("name", "ours", "options"),
    [
        ("SGD", Sgd().chain(0.05), {"lr": 0.05}),
        ("SGD", momentum(0.02, 0.8), {"lr": 0.02, "momentum": 0.8}),
        ("SGD", momentum(0.02, 0.8, nesterov=True), {"lr": 0.02, "momentum": 0.8, "nesterov": True}),
        ("RMSprop", rmsprop(0.03, 0.95, 1e-4), {"lr": 0.03, "alpha": 0.95, "eps": 1e-4}),
        ("Adam", Adam().chain(0.03, 0.8, 0.95, 0.0), {"lr": 0.03, "betas": (0.8, 0.95), "eps": 0.0}),
        ("AdamW", adamw(0.03, np.full(SIZE, 0.3), epsilon=0.0), {"lr": 0.03, "weight_decay": 0.3, "eps": 0.0}),
    ],
)
def test_recipes_equal_pytorch(name, ours, options, rng):
    torch = pytest.importorskip("torch")
    q = rng.standard_normal((K, SIZE))
    theirs = torch.tensor(q.copy(), requires_grad=True)
    optimizer = getattr(torch.optim, name)([theirs], **options)
    for _ in range(STEPS):
        theirs.grad = torch.tensor(noisy(theirs.detach().numpy()))
        optimizer.step()
    np.testing.assert_allclose(descend(ours, q, noisy), theirs.detach().numpy(), rtol=1e-10)


def test_clipping_equals_pytorch_member_by_member(rng):
    torch = pytest.importorskip("torch")
    q = rng.standard_normal((K, SIZE))
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
    """The gradient of (1 - x)^2 + 100 (y - x^2)^2, whose minimum (1, 1) lies in a bent valley."""
    x, y = q.T
    return np.stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=1)


@pytest.mark.parametrize(
    ("optimizer", "steps"),
    [
        (Sgd().chain(0.1), 200),
        (momentum(0.03), 300),
        (momentum(0.03, nesterov=True), 300),
        (rmsprop(0.05, schedule=FlatCosine()), 500),
        (adam(0.05, schedule=FlatCosine()), 500),
        (adamw(0.05, np.zeros(SIZE), schedule=FlatCosine()), 500),
        (momentum(0.03, clip_norm=5.0), 300),
    ],
)
def test_parabola(optimizer, steps, rng):
    assert abs(follow(optimizer, parabola, 3 * rng.standard_normal((K, SIZE)), steps) - 1).max() < 1e-3


@pytest.mark.parametrize(
    ("optimizer", "steps"),
    [
        (Sgd().chain(0.001), 20000),
        (momentum(0.0005), 5000),
        (momentum(0.0005, nesterov=True), 5000),
        (rmsprop(0.01, schedule=FlatCosine()), 5000),
        (adam(0.02, schedule=FlatCosine()), 5000),
        (momentum(0.001, clip_norm=1.0), 10000),
    ],
)
def test_rosenbrock(optimizer, steps):
    assert abs(follow(optimizer, rosenbrock, np.array([[-1.2, 1.0], [0.5, -0.5]]), steps) - 1).max() < 0.02


def follow(optimizer, gradient, q, steps):
    """As `descend`, with the progress of a fit."""
    P, clock = parameters(q.copy()), ScheduleState()
    state = optimizer.init(P)
    for t in range(steps):
        clock.progress = t / steps
        optimizer.step(P, P.like(gradient(P.values)), state, clock)
    return P.values


@pytest.mark.parametrize("k", [1, 3])
@every_recipe
def test_long_parameters_in_blocks(name, k, rng, monkeypatch):
    """What is longer than a block, and not a multiple of it, is treated as if it were one."""
    optimizer, q = RECIPES[name][0], rng.standard_normal((k, SIZE))
    whole = descend(optimizer, q, noisy)
    for block in (1, 2 * k, SIZE * k - 1):
        monkeypatch.setattr(parameters_module, "BLOCK", block)
        np.testing.assert_array_equal(descend(optimizer, q, noisy), whole)


def test_blocks_have_bounded_size():
    P = parameters(np.zeros((4, BLOCK)))
    ((*parts,),) = Adam().chain(0.1).init(P).stages
    assert [part for part, _ in parts] == [(slice(i, i + 1), slice(0, BLOCK)) for i in range(4)]
    clip, elementwise = Adam().chain(0.1, clip_norm=1.0).init(P).stages
    assert [part for part, _ in clip] == [(slice(0, 4), slice(0, BLOCK))]
    assert len(elementwise) == 4


@every_recipe
def test_members_are_independent(name, rng):
    q = rng.standard_normal((3, SIZE))
    together = descend(RECIPES[name][0], q, noisy)
    for i in range(3):
        np.testing.assert_allclose(descend(RECIPES[name][0], q[i : i + 1], noisy)[0], together[i], rtol=1e-13)


@every_recipe
def test_float32_stays_float32(name, rng):
    q = rng.standard_normal((K, SIZE))
    narrow = descend(RECIPES[name][0], q.astype(np.float32), noisy, steps=5)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, descend(RECIPES[name][0], q, noisy, steps=5), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("recipe", [sgd, momentum, rmsprop, adam])
def test_factors_are_factors_on_the_rate(recipe, rng):
    """Whatever comes before: a parameter with the factor 3 moves as one alone would at three times the rate."""
    q, factors = rng.standard_normal((K, SIZE)), np.array([3.0, 1.0, 1.0, 3.0, 0.0])
    mixed = descend(recipe(0.01, factors=factors), q, noisy)
    np.testing.assert_allclose(mixed[:, [0, 3]], descend(recipe(0.03), q, noisy)[:, [0, 3]], rtol=1e-12)
    np.testing.assert_allclose(mixed[:, [1, 2]], descend(recipe(0.01), q, noisy)[:, [1, 2]], rtol=1e-12)
    np.testing.assert_array_equal(mixed[:, 4], q[:, 4])


def test_factors_by_kind():
    P = Parameters(np.zeros((1, 3)), [{"W": Slot((2, 1), "weight"), "b": Slot((1,), "bias")}])
    optimizer = Sgd().chain(1.0, factors=P.by_kind({"bias": 0.1}))
    optimizer.step(P, P.like(np.ones((1, 3))), optimizer.init(P), ScheduleState())
    np.testing.assert_allclose(P.values, [[-1, -1, -0.1]])


@pytest.mark.parametrize(
    ("schedule", "clock", "factor"),
    [
        (Adaptive(), ScheduleState(stalls=2), 0.04),
        (InverseScaling(0.5), ScheduleState(rows=99), 0.1),
        (FlatCosine(), ScheduleState(progress=0.75), 0.5),
    ],
)
def test_the_schedule_multiplies_the_rate(schedule, clock, factor, rng):
    q = rng.standard_normal((K, SIZE))
    np.testing.assert_allclose(
        descend(Adam().chain(0.1, schedule=schedule), q, noisy, clock=clock),
        descend(Adam().chain(0.1 * factor), q, noisy),
        rtol=1e-12,
    )


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_a_copied_state_goes_on_by_itself(duplicate, rng):
    """What is continued from a pickle equals what was never interrupted."""
    optimizer, P = Adam().chain(0.1, clip_norm=1.0), parameters(rng.standard_normal((K, SIZE)))
    state = optimizer.init(P)
    for _ in range(3):
        optimizer.step(P, P.like(noisy(P.values)), state, ScheduleState())
    other, again = parameters(P.values.copy()), duplicate(state)
    for Q, s in ((P, state), (other, again)):
        optimizer.step(Q, Q.like(noisy(Q.values)), s, ScheduleState())
    np.testing.assert_array_equal(P.values, other.values)
    assert again.t == state.t == 4


def test_a_chain_runs_in_order():
    links = [type(link).__name__ for link in adam(0.1, factors=np.ones(2), clip_norm=1.0).links]
    assert links == ["ClipByNorm", "ScaleByAdam", "ScaleByRate", "ScaleByFactor"]
    assert chain(ScaleByRate(), rate=0.5).links == (ScaleByRate(),)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_flush_leaves_nothing_whose_square_is_subnormal(dtype):
    tiny = np.finfo(dtype).tiny
    values = np.array([[1.0, -1.0, tiny, -tiny, tiny**0.5 * 2, tiny**0.5 / 2, 0.0]], dtype)
    P = Parameters(values.copy(), [{"b": Slot((7,), "bias")}])
    optimizer = Adam().chain(0.1)
    state = optimizer.init(P)
    moments = state.stages[0][0][1][0]
    moments.M[...], moments.V[...] = values, values
    optimizer.flush(P, state)
    expected = [[1, -1, 0, 0, values[0, 4], 0, 0]]
    for a in (P.values, moments.M, moments.V):
        np.testing.assert_array_equal(a, expected)
