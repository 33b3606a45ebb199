"""Schedules against values worked out by hand, and against the shapes their names promise."""

import numpy as np
import pytest

from skscratch.core.schedules import (
    SCHEDULES,
    Adaptive,
    Constant,
    Cosine,
    CosLog4,
    FlatCosine,
    FunctionOfProgress,
    InverseScaling,
    OneCycle,
    Schedule,
)

PATIENT = {"constant", "invscaling", "adaptive"}
root = 0.5**0.5  # cos(pi / 4)


def curve(schedule, t):
    return np.array([schedule.factor(ScheduleState(progress=x)) for x in t])


def test_the_table_holds_every_schedule_that_needs_no_argument():
    own = {schedule for schedule in Schedule.__subclasses__() if schedule.__module__ == Schedule.__module__}
    assert own == {*SCHEDULES.values(), FunctionOfProgress}
    assert {name for name, schedule in SCHEDULES.items() if schedule.patient} == PATIENT
    assert not FunctionOfProgress.patient


@pytest.mark.parametrize(
    ("schedule", "clock", "factor"),
    [
        (Constant(), ScheduleState(0.7, 500, 3), 1),
        (InverseScaling(), ScheduleState(), 1),
        (InverseScaling(), ScheduleState(rows=99), 0.1),
        (InverseScaling(power=2), ScheduleState(rows=9), 0.01),
        (Adaptive(), ScheduleState(), 1),
        (Adaptive(), ScheduleState(stalls=3), 0.008),
        (Adaptive(shrink=0.5), ScheduleState(stalls=2), 0.25),
        (Cosine(), ScheduleState(0), 1),
        (Cosine(), ScheduleState(0.25), (1 + root) / 2),
        (Cosine(), ScheduleState(0.5), 0.5),
        (Cosine(), ScheduleState(1), 0),
        (FlatCosine(), ScheduleState(0), 1),
        (FlatCosine(), ScheduleState(0.5), 1),
        (FlatCosine(), ScheduleState(0.625), (1 + root) / 2),
        (FlatCosine(), ScheduleState(0.75), 0.5),
        (FlatCosine(), ScheduleState(1), 0),
        (FlatCosine(flat=0.2), ScheduleState(0.6), 0.5),
        (FlatCosine(flat=0), ScheduleState(0.25), (1 + root) / 2),
        (OneCycle(), ScheduleState(0), 1 / 25),
        (OneCycle(), ScheduleState(0.15), (1 + 1 / 25) / 2),
        (OneCycle(), ScheduleState(0.3), 1),
        (OneCycle(), ScheduleState(0.65), (1 + 1e-4) / 2),
        (OneCycle(), ScheduleState(1), 1e-4),
        (OneCycle(warmup=0.4, start=0, end=0), ScheduleState(0.1), (1 - root) / 2),
        (OneCycle(warmup=0.4, start=0, end=0), ScheduleState(0.7), 0.5),
        (CosLog4(), ScheduleState(0), 0),
        (CosLog4(), ScheduleState((2**0.5 - 1) / 15), 1),
        (CosLog4(), ScheduleState(1 / 15), 0),
        (CosLog4(), ScheduleState((8**0.5 - 1) / 15), 1),
        (CosLog4(), ScheduleState(3 / 15), 0),
        (CosLog4(), ScheduleState(1), 0),
        (FunctionOfProgress(lambda t: 1 - t), ScheduleState(0.25), 0.75),
        (FunctionOfProgress(lambda t: np.float32(0.5)), ScheduleState(), 0.5),
        (FunctionOfProgress(lambda t: 0), ScheduleState(), 0),
    ],
)
def test_value(schedule, clock, factor):
    assert type(schedule.factor(clock)) is float
    assert schedule.factor(clock) == pytest.approx(factor, abs=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_never_negative_nor_above_the_initial_rate_and_without_jumps(name):
    t = np.linspace(0, 1, 10_001)
    factors = curve(SCHEDULES[name](), t)
    assert ((factors >= 0) & (factors <= 1)).all()
    assert np.abs(np.diff(factors)).max() < 7e-3  # the steepest, coslog4 at 0: 15 pi log2(e) steps of 1e-4


@pytest.mark.parametrize("name", SCHEDULES)
def test_planned_schedules_look_at_progress_and_the_others_do_not(name):
    schedule = SCHEDULES[name]()
    assert (len(set(curve(schedule, [0.05, 0.4, 0.9]))) == 1) == schedule.patient
    assert (schedule.factor(ScheduleState(0.4)) == schedule.factor(ScheduleState(0.4, 100, 2))) == (
        name not in PATIENT - {"constant"}
    )


@pytest.mark.parametrize(
    ("schedule", "ups_and_downs"), [(Cosine(), 0), (FlatCosine(), 0), (OneCycle(), 1), (CosLog4(), 7)]
)
def test_number_of_turning_points(schedule, ups_and_downs):
    slopes = np.sign(np.diff(curve(schedule, np.linspace(0, 1, 10_001))))
    slopes = slopes[slopes != 0]
    assert np.count_nonzero(np.diff(slopes)) == ups_and_downs


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, None, "fast", 1j])
def test_a_function_must_return_a_rate(value):
    with pytest.raises(ValueError, match=r"must return a finite number >= 0, got .* at progress 0.25: check"):
        FunctionOfProgress(lambda t: value).factor(ScheduleState(0.25))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adaptive(1.0), r"shrink must be in \(0, 1\), got 1.0"),
        (lambda: Adaptive(0.0), r"shrink must be in \(0, 1\), got 0.0"),
        (lambda: FlatCosine(1.0), r"flat must be in \[0, 1\), got 1.0"),
        (lambda: FlatCosine(-0.1), r"flat must be in \[0, 1\), got -0.1"),
        (lambda: OneCycle(warmup=0.0), r"warmup must be in \(0, 1\), got 0.0"),
        (lambda: OneCycle(warmup=1.0), r"warmup must be in \(0, 1\), got 1.0"),
    ],
)
def test_constants_outside_their_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


STALLED = [5.0, 4.0, 3.0, 3.0, 3.5, 3.0, 3.0]  # four epochs without a new best


@pytest.mark.parametrize(
    ("schedule", "planned", "criteria", "epochs"),
    [
        (FlatCosine(patience=4), 64, STALLED, 14),
        (FlatCosine(flat=0.25, patience=4), 64, STALLED, 28),
        (FlatCosine(patience=4), 64, STALLED[:-1], 64),
        (FlatCosine(patience=4), 64, [*STALLED, 2.9], 64),
        (FlatCosine(patience=5), 64, STALLED, 64),
        (FlatCosine(flat=0.25, patience=4), 26, STALLED, 26),  # t = 7/26 is past the flat part
        (FlatCosine(flat=0.0, patience=4), 64, STALLED, 64),
        (FlatCosine(flat=0.9, patience=4), 8, STALLED, 8),
        (FlatCosine(), 64, STALLED, 64),
        (Cosine(), 64, STALLED, 64),
        (FunctionOfProgress(abs), 64, STALLED, 64),
    ],
)
def test_a_flat_part_that_brings_nothing_ends(schedule, planned, criteria, epochs):
    assert schedule.epochs(planned, [criteria]) == epochs
    assert schedule.epochs(planned, [criteria, criteria]) == epochs
    still_better = [-float(i) for i in range(len(criteria))]
    assert schedule.epochs(planned, [criteria, still_better]) == planned
    if epochs < planned:  # the descent begins now
        now = ScheduleState(progress=len(criteria) / epochs)
        assert schedule.factor(now) == pytest.approx(1)
        assert schedule.factor(ScheduleState(now.progress + 0.01)) < 0.9999


def test_patience_must_be_an_epoch_at_least():
    with pytest.raises(ValueError, match=r"^patience must be at least 1, got 0"):
        FlatCosine(patience=0)
