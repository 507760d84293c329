"""Heads and directories of files, read on the standard library alone: by preflight and by the children alike.

Nothing in here imports Django or a parser of content, and every function reads a bounded number of bytes.
"""
