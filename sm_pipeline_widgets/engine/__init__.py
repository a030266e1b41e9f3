"""The service on this machine: a separate process that speaks SageMaker, Logs, S3 and STS on loopback."""
