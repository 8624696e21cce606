import os

os.environ |= {
    "ENVIRONMENT": "test",
    "POWERTOOLS_SERVICE_NAME": "transformer",
    "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
}
