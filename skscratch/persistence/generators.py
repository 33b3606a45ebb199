"""The states of random generators as values, and generators from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skscratch.persistence.records import NotKnownError

BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


def generator_state(rng: np.random.Generator) -> dict[str, Any]:
    """Return the state of a generator, with that of its seed sequence, from which further generators are spawned."""
    bits = rng.bit_generator
    return {"bits": bits.state, "seed": bits.seed_seq.state}  # type: ignore[attr-defined]


def make_generator(state: Mapping[str, Any]) -> np.random.Generator:
    """Make a generator with this state.

    >>> rng = np.random.default_rng(0)
    >>> again = make_generator(generator_state(rng))
    >>> rng.random() == again.random(), rng.spawn(1)[0].random() == again.spawn(1)[0].random()
    (True, True)
    """
    seed = np.random.SeedSequence(**state["seed"])
    return np.random.Generator(_bits(state["bits"], seed))


def make_random_state(state: Mapping[str, Any]) -> np.random.RandomState:
    """Make an old generator of NumPy with the state that its `get_state` returned."""
    random_state = np.random.RandomState(_bits({"bit_generator": state["bit_generator"]}))
    random_state.set_state(dict(state))
    return random_state


def _bits(state: Mapping[str, Any], seed: np.random.SeedSequence | None = None) -> np.random.BitGenerator:
    name = state["bit_generator"]
    if name not in BIT_GENERATORS:
        raise NotKnownError(f"its content has the bit generator {name!r}, which is none of {BIT_GENERATORS}")
    bits: np.random.BitGenerator = getattr(np.random, name)(seed)
    if "state" in state:
        bits.state = dict(state)
    return bits
