"""Addresses that no row can answer to."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse


class RefuseNul:
    """PostgreSQL has no text with the character U+0000, so an address that holds one names nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = (value for _name, values in request.GET.lists() for value in values)
        if any("\x00" in text for text in (request.path, *asked)):
            raise Http404
        return self.get_response(request)
