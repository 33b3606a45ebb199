"""Two profiles: "ci" tries 500 cases of a fixed seed, "nightly" tries 20,000 new ones.

The nightly profile is chosen with ``pytest tests/fuzz --hypothesis-profile=nightly``.
"""

from hypothesis import HealthCheck, settings

COMMON = {
    "deadline": 10_000,  # milliseconds
    "stateful_step_count": 8,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
}
settings.register_profile("ci", max_examples=500, derandomize=True, database=None, **COMMON)
settings.register_profile("nightly", max_examples=20_000, **COMMON)
settings.load_profile("ci")
