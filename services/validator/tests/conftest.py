import os

from hypothesis import HealthCheck, settings

# Tests must not depend on the speed or the load of a machine.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

os.environ |= {
    "ENVIRONMENT": "test",
    "POWERTOOLS_SERVICE_NAME": "validator",
    "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
}
