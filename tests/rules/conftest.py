"""Hypothesis for the pure rules: no deadline, and the same examples on every run of CI."""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "rules",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# For mutants: what counts is whether a test fails, not on how small an example.
settings.register_profile(
    "mutants", parent=settings.get_profile("rules"), derandomize=True, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("rules")
