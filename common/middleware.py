"""What each request and answer passes: addresses that no row can answer to, and pages in fewer bytes."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class RefuseNul:
    """PostgreSQL has no text with the character U+0000, so an address that holds one names nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = (value for _name, values in request.GET.lists() for value in values)
        if any("\x00" in text for text in (request.path, *asked)):
            raise Http404
        return self.get_response(request)


class CompressPages(GZipMiddleware):
    """Pages only: files are compressed already or are streamed with their length.

    Django pads each answer by a random length, so that its size tells nothing of a secret in it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
