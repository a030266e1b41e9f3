"""Talking to the service (or to the engine, which speaks the same protocol) through boto3."""
