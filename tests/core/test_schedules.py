"""Schedules against values computed by hand, and against the shapes that their names stand for."""

import numpy as np
import pytest

from skscratch.core import (
    Adaptive,
    Constant,
    Cosine,
    CosLog4,
    FlatCosine,
    FunctionOfProgress,
    InverseScaling,
    OneCycle,
    Schedule,
    ScheduleState,
)

root = 0.5**0.5  # cos(pi / 4)
ROWS = [  # a schedule, a state, and the factor by hand
    (Constant(), ScheduleState(0.7, 500, 3), 1),
    (InverseScaling(), ScheduleState(), 1),
    (InverseScaling(), ScheduleState(rows=99), 0.1),
    (InverseScaling(power_t=2), ScheduleState(rows=9), 0.01),
    (Adaptive(), ScheduleState(), 1),
    (Adaptive(), ScheduleState(plateaus=3), 0.008),
    (Adaptive(shrink=0.5), ScheduleState(plateaus=2), 0.25),
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
]
OPEN_ENDED = {Constant, InverseScaling, Adaptive}
every_name = pytest.mark.parametrize("name", Schedule.names())


def curve(schedule, t):
    return np.array([schedule.factor(ScheduleState(progress=x)) for x in t])


def test_every_class_has_a_row(concrete_classes):
    assert {type(schedule) for schedule, _, _ in ROWS} == concrete_classes(Schedule)


def test_every_schedule_without_a_necessary_argument_has_a_name(concrete_classes):
    named = {type(Schedule.make(name)) for name in Schedule.names()}
    assert named == concrete_classes(Schedule) - {FunctionOfProgress}


def test_open_ended_schedules(concrete_classes):
    assert {schedule for schedule in concrete_classes(Schedule) if schedule.open_ended} == OPEN_ENDED


@pytest.mark.parametrize(("schedule", "state", "factor"), ROWS)
def test_factor(schedule, state, factor):
    assert type(schedule.factor(state)) is float
    assert schedule.factor(state) == pytest.approx(factor, abs=1e-12)


@every_name
def test_never_negative_nor_above_the_initial_rate_and_without_jumps(name):
    t = np.linspace(0, 1, 10_001)
    factors = curve(Schedule.make(name), t)
    assert ((factors >= 0) & (factors <= 1)).all()
    assert np.abs(np.diff(factors)).max() < 7e-3  # the steepest, coslog4 at 0: 15 pi log2(e) steps of 1e-4


@every_name
def test_open_ended_schedules_do_not_depend_on_progress_and_the_others_on_nothing_else(name):
    schedule = Schedule.make(name)
    assert (len(set(curve(schedule, [0.05, 0.4, 0.9]))) == 1) == schedule.open_ended
    depends_on_rows_or_plateaus = schedule.factor(ScheduleState(0.4)) != schedule.factor(ScheduleState(0.4, 100, 2))
    assert depends_on_rows_or_plateaus == (type(schedule) in OPEN_ENDED - {Constant})


@pytest.mark.parametrize(
    ("schedule", "turning_points"), [(Cosine(), 0), (FlatCosine(), 0), (OneCycle(), 1), (CosLog4(), 7)]
)
def test_number_of_turning_points(schedule, turning_points):
    slopes = np.sign(np.diff(curve(schedule, np.linspace(0, 1, 10_001))))
    slopes = slopes[slopes != 0]
    assert np.count_nonzero(np.diff(slopes)) == turning_points


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


PLATEAU = [5.0, 4.0, 3.0, 3.0, 3.5, 3.0, 3.0]  # four epochs without a new best


@pytest.mark.parametrize(
    ("schedule", "planned", "metric", "epochs"),
    [
        (FlatCosine(patience=4), 64, PLATEAU, 14),
        (FlatCosine(flat=0.25, patience=4), 64, PLATEAU, 28),
        (FlatCosine(patience=4), 64, PLATEAU[:-1], 64),
        (FlatCosine(patience=4), 64, [*PLATEAU, 2.9], 64),
        (FlatCosine(patience=5), 64, PLATEAU, 64),
        (FlatCosine(flat=0.25, patience=4), 26, PLATEAU, 26),  # t = 7/26 is past the flat part
        (FlatCosine(flat=0.0, patience=4), 64, PLATEAU, 64),
        (FlatCosine(flat=0.9, patience=4), 8, PLATEAU, 8),
        (FlatCosine(), 64, PLATEAU, 64),
        (Cosine(), 64, PLATEAU, 64),
        (FunctionOfProgress(abs), 64, PLATEAU, 64),
    ],
)
def test_the_flat_part_ends_when_no_metric_improves(schedule, planned, metric, epochs):
    assert schedule.epochs(planned, [metric]) == epochs
    assert schedule.epochs(planned, [metric, metric]) == epochs
    still_improving = [-float(i) for i in range(len(metric))]
    assert schedule.epochs(planned, [metric, still_improving]) == planned
    if epochs < planned:  # the rate starts to decay now
        now = ScheduleState(progress=len(metric) / epochs)
        assert schedule.factor(now) == pytest.approx(1)
        assert schedule.factor(ScheduleState(now.progress + 0.01)) < 0.9999


def test_patience_must_be_an_epoch_at_least():
    with pytest.raises(ValueError, match=r"^patience must be at least 1, got 0"):
        FlatCosine(patience=0)
