import os

os.environ |= {
    "ENVIRONMENT": "test",
    "POWERTOOLS_SERVICE_NAME": "validator",
    "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
}
