"""Payment providers and payouts."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import flag, number

PAYMENT_PROVIDERS = {"test": "payments.providers.test_provider.TestPaymentProvider"} if flag("LOOMPRINT_LOCAL") else {}
DEFAULT_PAYMENT_PROVIDER = "test"
# A holder is paid by the worker once this much waits (base units); below it they may claim themselves.
PAYOUT_THRESHOLD = number("PAYOUT_THRESHOLD", 1)
# The same for the native coin, in wei.
PAYOUT_THRESHOLD_NATIVE = number("PAYOUT_THRESHOLD_NATIVE", 10**15)
# Holders of one entry who are paid by one transaction, and derived works that one transaction settles.
PAYOUT_BATCH = number("PAYOUT_BATCH", 50)
SETTLEMENT_BATCH = number("SETTLEMENT_BATCH", 50)
# What a holder has signed is sent by us from this much on (base units); below it they may send it themselves.
CLAIM_THRESHOLD = number("CLAIM_THRESHOLD", 1)
# The same for the native coin, in wei.
CLAIM_THRESHOLD_NATIVE = number("CLAIM_THRESHOLD_NATIVE", 10**15)
# An ancestor is credited its part of a derived work's revenue once this much waits (base units): a derived work costs
# 50 to 65 thousand gas, each further one in the batch about 30. Below it anyone may settle.
SETTLEMENT_THRESHOLD = number("SETTLEMENT_THRESHOLD", 1)
# The same for the native coin, in wei.
SETTLEMENT_THRESHOLD_NATIVE = number("SETTLEMENT_THRESHOLD_NATIVE", 10**15)
# An entry's royalties from other markets are swept into the ledger once this much waits in its inbox (base units):
# creating an inbox costs 73 thousand gas, a sweep about 80 thousand.
INBOX_THRESHOLD = number("INBOX_THRESHOLD", 1)
# The same for the native coin, in wei.
INBOX_THRESHOLD_NATIVE = number("INBOX_THRESHOLD_NATIVE", 10**15)
# Inboxes that are looked into each time: a question for each, and one for each currency.
INBOX_PAGE = number("INBOX_PAGE", 200)
if min(PAYOUT_BATCH, SETTLEMENT_BATCH, INBOX_PAGE) < 1:
    raise ImproperlyConfigured("PAYOUT_BATCH, SETTLEMENT_BATCH and INBOX_PAGE must be at least 1.")
