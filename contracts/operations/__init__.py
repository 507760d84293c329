"""Watching a chain for its operators: what is measured, when that is an alarm, who is told, and the nightly audit."""
