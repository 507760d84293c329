"""What the outbox calls our transactions."""

CLAIM_FOR = "claim_for"
CLAIM_SIGNED = "claim_signed"
