"""Whether a design shows what another one shows: descriptors, their comparison, and the thresholds of a match.

A library without Django and without HTTP. What it computes from a file is computed in the child that reads the file
(designs/untrusted/fingerprint.py); what it compares are numbers that were kept.
"""

ALGORITHM = 4
"""Of everything that makes a fingerprint: raise it, and all fingerprints are made anew."""
