"""What script/bench can measure: one module each, with a function `measure() -> Report`."""
