"""A second implementation of the ledger: slow, in exact fractions, made to be read and to be compared with.

It follows the definitions of docs/contracts and nothing of how the contracts keep them: no index, no words, no
checkpoints. Every payment is divided among its holders when it arrives, and whole units are cut off only where a
definition cuts. It imports nothing of ours and nothing of Django.
"""

from .ledger import Ledger, Line, Parent, Refused

__all__ = ["Ledger", "Line", "Parent", "Refused"]
