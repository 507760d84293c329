"""What the outbox calls our transactions."""

REGISTER = "register"
