from __future__ import annotations

from hypothesis import HealthCheck, settings

# Tests must not depend on the speed or the load of a machine.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
