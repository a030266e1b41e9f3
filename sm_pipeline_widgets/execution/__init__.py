"""What the API's records say happened: pure functions over frozen values."""
