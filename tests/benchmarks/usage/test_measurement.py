"""A measurement computes and prints the ratio to its reference."""

from benchmarks.usage.measurement import Measurement


def test_the_ratio_is_ours_to_the_reference():
    measurement = Measurement("name", 3.0, "reference", 4.0, "s", 0.5)
    assert measurement.ratio == 0.75 and "ratio 0.750   goal 0.5" in str(measurement)


def test_a_measurement_without_a_goal_prints_none():
    assert str(Measurement("name", 3.0, "reference", 4.0, "s")).endswith("ratio 0.750")
