"""Functions by name, imported when they are first called: most processes never call what an app hands to another."""

from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Later:
    """The function at this path. Two of one path are equal, so that handing it over twice changes nothing."""

    path: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    @property
    def function(self) -> Any:
        """Raises ImportError where there is none; tests/test_hooks.py tries them all."""
        return import_string(self.path)
