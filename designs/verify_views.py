"""The verify page: anybody asks by a file's hash, which the browser computes or they type. No file arrives here but a
proof or Content Credentials that speak of one."""

import re
import uuid
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from common import bounded_json
from common.throttle import TooMany, address_of, allow
from contracts.chains import chain
from contracts.verifier import FieldProof, NoProof, one_file
from contracts.verifier.field_proof import MOST_PROOF_BYTES
from designs.anchored import attached_files
from designs.errors import DesignError
from designs.file_credentials import BUSY_SECONDS, LATER, credentials_beside
from designs.models import FieldProofLink
from designs.proofs import proof_verdict
from designs.proofs import shown_proof as found_proof
from designs.provenance.schemas import schema_text
from designs.selectors import renditions_of
from designs.storage import BlobMissing, CorruptBlob, StorageError, master_store
from designs.verdicts import registry_of, verdict_of

_HASH = re.compile(r"[0-9a-f]{64}")
_ROOT = re.compile(r"0x[0-9a-f]{64}")
_LONGEST = 200


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """The page that asks. A typed hash goes on to its own address, which can be kept."""
    typed = request.GET.get("sha256", "")[:_LONGEST]
    if not typed.strip():
        return render(request, "marketplace/verify.html", {"typed": ""})
    sha256 = _normal(typed)
    if sha256 is None:
        return _not_a_hash(request, typed)
    return redirect("verify:verdict", sha256)


@require_safe
def verdict(request: HttpRequest, sha256: str) -> HttpResponse:
    """Context: verdict (designs.verdicts.Verdict). With `part=answer` the answer alone, for the page that hashes."""
    wanted = _normal(sha256)
    if wanted is None:
        return _not_a_hash(request, sha256[:_LONGEST])
    part = request.GET.get("part") == "answer"
    if wanted != sha256 and not part:
        return redirect("verify:verdict", wanted)
    try:
        allow(f"verify:{address_of(request)}", limit=settings.VERIFY_PER_MINUTE, seconds=60)
    except TooMany as refusal:
        return _too_often(request, wanted, refusal, part=part)
    here = chain()
    answer = verdict_of(wanted, chain=here, registry=registry_of(here))
    name = "marketplace/_verdict.html" if part else "marketplace/verify_answer.html"
    response = render(request, name, {"verdict": answer})
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
def beside(request: HttpRequest, sha256: str) -> HttpResponse:
    """Content Credentials that lie beside a file, held against its hash; with `part=answer` what they say, alone."""
    wanted = _normal(sha256)
    if wanted is None:
        return _not_a_hash(request, sha256[:_LONGEST])
    if request.method == "GET":
        return redirect("verify:verdict", wanted)
    part = request.GET.get("part") == "answer"
    found, problem, status = None, "", 200
    try:
        # An answer about the file comes with it.
        allow(f"verify:{address_of(request)}", limit=settings.VERIFY_PER_MINUTE, seconds=60)
        found = credentials_beside(request.FILES.get("credentials"), sha256=wanted, asker=address_of(request))
    except TooMany as refusal:
        return _too_often(request, wanted, refusal, part=part)
    except DesignError as refusal:
        problem, status = str(refusal), 503 if refusal.code in LATER else 400
    if part and found is None:
        response = render(request, "marketplace/_verify_problem.html", {"problem": problem}, status=status)
    elif part:
        response = render(request, "components/credentials.html", {"credentials": found})
    else:
        here = chain()
        answer = verdict_of(wanted, chain=here, registry=registry_of(here))
        context = {"verdict": answer, "beside": found, "beside_problem": problem}
        response = render(request, "marketplace/verify_answer.html", context, status=status)
    if status == 503:
        response["Retry-After"] = str(BUSY_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def statement(request: HttpRequest, sha256: str) -> HttpResponse:
    """The operator's signed statement about what was delivered, to keep beside it; whoever has the file may have it."""
    found = renditions_of(sha256, chain_id=chain().chain_id)
    if not found:
        raise Http404
    response = HttpResponse(found[0].stated(sha256).as_json(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{sha256[:12]}.statement.json"'
    return response


@require_safe
def credentials(request: HttpRequest, sha256: str) -> HttpResponse | FileResponse:
    """The Content Credentials beside a rendition that cannot hold them; whoever has the file may have them."""
    made = renditions_of(sha256, chain_id=chain().chain_id)
    found = next((one for one in made if one.manifest is not None and one.is_file(sha256)), None)
    if found is None or found.manifest is None:
        raise Http404
    try:
        stream = master_store().open(found.manifest.sha256)
    except (BlobMissing, CorruptBlob) as error:
        raise Http404 from error
    except StorageError as error:
        return HttpResponse(str(error), status=503, headers={"Retry-After": "60"}, content_type="text/plain")
    name = f"{PurePath(found.file_name).stem}.c2pa"
    return FileResponse(stream, as_attachment=True, filename=name, content_type=found.manifest.media_type)


@require_safe
def file_proof(request: HttpRequest, sha256: str) -> HttpResponse:
    """The proof of the field in which a file stands that comes with a license; whoever has the file may have it."""
    found = attached_files(sha256, chain_id=chain().chain_id)
    if not found:
        raise Http404
    response = JsonResponse(found[0].proof, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="file-proof.json"'
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The stand-alone verifier, to read and to run anywhere."""
    response = HttpResponse(one_file(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response


@require_http_methods(["GET", "POST"])
def proof(request: HttpRequest) -> HttpResponse:
    """A proof that is pasted or uploaded, for those without JavaScript: with it, the page checks it by itself.

    Context: shown (designs.proofs.ProofVerdict) or problem.
    """
    if request.method == "GET":
        return redirect("verify:ask")
    uploaded = request.FILES.get("file")
    pasted = request.POST.get("proof", "").strip().encode()
    problem, status = "", 400
    try:
        allow(f"verify:{address_of(request)}", limit=settings.VERIFY_PER_MINUTE, seconds=60)
        text = uploaded.read(MOST_PROOF_BYTES + 1) if uploaded is not None else pasted
        if len(text) > MOST_PROOF_BYTES:
            raise NoProof("long")
        if bounded_json.depth(text) > bounded_json.MAX_DEPTH:
            raise NoProof("deep")
        read = FieldProof.read(text)
    except TooMany as refusal:
        problem, status = str(refusal), 429
    except NoProof:
        problem = _("This is not a proof of fields. Paste the whole JSON file that you were given, from { to }.")
    if problem:
        return render(request, "marketplace/verify_proof.html", {"problem": problem}, status=status)
    return _proof_page(request, read)


@require_safe
def shown_proof(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Fields that a creator shows to whoever has this address. Context: shown, file (address of its JSON)."""
    return _proof_page(
        request, FieldProof.of(_shown(public_id)), file=reverse("verify:shown_proof_file", args=[public_id])
    )


@require_safe
def shown_proof_file(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The same proof as the file that any verifier takes."""
    response = JsonResponse(_shown(public_id), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="field-proof.json"'
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def root(request: HttpRequest, root: str) -> HttpResponse:
    """What is known of a record's root: for the page that has checked the fields by itself. Context: shown."""
    if not _ROOT.fullmatch(root):
        raise Http404
    try:
        allow(f"verify:{address_of(request)}", limit=settings.VERIFY_PER_MINUTE, seconds=60)
    except TooMany as refusal:
        return _too_often(request, root, refusal, part=True)
    here = chain()
    shown = proof_verdict(root=root, chain=here, registry=registry_of(here))
    response = render(request, "marketplace/_proof_verdict.html", {"shown": shown})
    response["Cache-Control"] = "no-store"
    return response


def _shown(public_id: uuid.UUID) -> dict[str, Any]:
    try:
        return found_proof(public_id)
    except FieldProofLink.DoesNotExist as error:
        raise Http404 from error


def _proof_page(request: HttpRequest, read: FieldProof, *, file: str = "") -> HttpResponse:
    here = chain()
    shown = proof_verdict(root=read.root, chain=here, registry=registry_of(here), proof=read)
    response = render(request, "marketplace/verify_proof.html", {"shown": shown, "file": file})
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def schema(request: HttpRequest, name: str) -> HttpResponse:
    """A published JSON Schema: record-N, field-proof-N. Its text never changes, and anybody's page may read it."""
    try:
        text = schema_text(name)
    except KeyError as error:
        raise Http404 from error
    response = HttpResponse(text, content_type="application/schema+json")
    response["Cache-Control"] = "public, max-age=86400"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _normal(text: str) -> str | None:
    """64 lower-case digits out of what people paste: with 0x, in capitals, or followed by a file's name."""
    word = (text.split() or [""])[0].lower().removeprefix("sha256:").removeprefix("0x")
    return word if _HASH.fullmatch(word) else None


def _too_often(request: HttpRequest, typed: str, refusal: TooMany, *, part: bool) -> HttpResponse:
    """The problem and no answer, which is what there was too much of."""
    name = "marketplace/_verify_problem.html" if part else "marketplace/verify.html"
    response = render(request, name, {"typed": typed, "problem": str(refusal)}, status=429)
    response["Retry-After"] = "60"
    return response


def _not_a_hash(request: HttpRequest, typed: str) -> HttpResponse:
    problem = _("A SHA-256 has 64 hexadecimal digits, 0 to 9 and a to f. Look at what was typed and ask again.")
    return render(request, "marketplace/verify.html", {"typed": typed, "problem": problem}, status=400)
