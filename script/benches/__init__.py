"""What script/bench can measure: one module each, with a function `measure() -> Report`; pieces of one begin with _."""
