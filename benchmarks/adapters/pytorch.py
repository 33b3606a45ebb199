"""Adapter of PyTorch: a usual training loop, except that rows are shuffled once per epoch and not once per batch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from benchmarks import THREADS
from benchmarks.adapters.core import network
from benchmarks.models import RATE
from benchmarks.problems import Problem
from skscratch import ScratchMLPClassifier


def pytorch(problem: Problem) -> Callable[[], list[float]]:
    """Return a function that trains the network and returns the loss of each epoch, the mean over members.

    Each call trains from new initial parameters. After thousands of steps without a penalty, the moments of dead units
    are denormal numbers, which are slow.
    """
    import torch
    from torch import nn

    torch.set_num_threads(THREADS)
    X, y = map(torch.from_numpy, problem.data())
    if problem.outputs == 1:
        y = y[:, None].float()
    mean_loss = nn.BCEWithLogitsLoss() if problem.outputs == 1 else nn.CrossEntropyLoss()

    def run() -> list[float]:
        torch.manual_seed(0)
        k = problem.members
        network, groups, options = ensemble(problem) if k > 1 else multilayer_perceptron(problem)
        optimizer = torch.optim.Adam(groups, RATE, **options, weight_decay=0, fused=True)
        losses = []
        for _ in range(problem.epochs):
            order, total = torch.randperm(len(X)), 0.0
            for x, t in zip(X[order].split(problem.batch), y[order].split(problem.batch), strict=True):
                # The sum over members of their mean losses, so that each member is trained independently.
                loss = mean_loss(network(x), t) if k == 1 else k * mean_loss(network(x), t.expand(k, *t.shape))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() / k
            losses.append(total / problem.batches)
        return losses

    return run


def multilayer_perceptron(problem: Problem) -> tuple[Any, list[dict], dict]:
    """Return x (n, d) -> scores (n, o), the parameter groups of the optimizer, and its options."""
    from torch import nn

    sizes = problem.features, *problem.hidden
    hidden = [layer for d, h in pairwise(sizes) for layer in (nn.Linear(d, h), nn.ReLU())]
    network = nn.Sequential(*hidden, nn.Linear(sizes[-1], problem.outputs))
    return network, [{"params": list(network.parameters())}], {}


def ensemble(problem: Problem) -> tuple[Callable[[Any], Any], list[dict], dict]:
    """Return the default estimator's network as x (n, d) -> scores (k, n, o), the parameter groups and the options.

    The weights of the members are stacked. All m = d columns are embedded: e = V' c + a. The members share the features
    c (d, n, f), so that one product is enough.
    """
    import torch

    k, d = problem.members, problem.features
    embedding = network(problem).layers[0]
    f, o = embedding.features, embedding.outputs
    edges, low, high = torch.tensor(embedding.edges), torch.zeros(f), torch.ones(f)
    left, slope = edges[:, None, :-1], 1 / edges.diff(dim=1)[:, None]
    low[0], high[-1] = -torch.inf, torch.inf  # the outer bins are open

    def trainable(*arrays: Any) -> list[Any]:
        return [array.requires_grad_() for array in arrays]

    bound = f**-0.5
    V, a = trainable(bound * (2 * torch.rand(d, f, k * o) - 1), bound * (2 * torch.rand(d, 1, k * o) - 1))
    sizes = [embedding.width(d), *problem.hidden, problem.outputs]
    (s,) = trainable(torch.ones(k, 1, sizes[0]))
    weights = trainable(*(torch.randn(k, i, j) for i, j in pairwise(sizes[:-1])), torch.zeros(k, sizes[-2], sizes[-1]))
    biases = trainable(*(torch.randn(k, 1, j) for j in sizes[1:-1]), torch.zeros(k, 1, sizes[-1]))

    def forward(x: Any) -> Any:
        n = len(x)
        c = torch.clamp((x.T.contiguous()[:, :, None] - left) * slope, low, high)
        e = torch.baddbmm(a, c, V).view(d, n, k, o).permute(2, 1, 0, 3).reshape(k, n, d * o)
        h = torch.cat([x.expand(k, n, d), e], 2) * s
        for W, bias in zip(weights[:-1], biases[:-1], strict=True):
            h = torch.relu(torch.baddbmm(bias, h, W, alpha=W.shape[1] ** -0.5))
        return torch.baddbmm(biases[-1], h, weights[-1], alpha=sizes[-2] ** -0.5)

    kinds = {"weight": weights, "bias": biases, "scale": [s], "embedding": [V, a]}
    from skscratch.estimators.builders import NTK_FACTORS  # a commit to compare with may lack it

    groups = [{"params": arrays, "lr": RATE * NTK_FACTORS.get(kind, 1.0)} for kind, arrays in kinds.items()]
    default = ScratchMLPClassifier()
    return forward, groups, {"betas": (default.beta_1, default.beta_2), "eps": default.epsilon}
