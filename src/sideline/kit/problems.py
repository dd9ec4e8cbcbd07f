"""Problems: every refusal and error as RFC 9457 ``application/problem+json``.

A command raises :class:`Problem` (or :class:`Refused` with a rule's refusal);
the one handler here turns it into the answer. ``code`` is for programs,
``detail`` is one sentence for a person.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from sideline.kit.refusal_texts import refusal_status, refusal_text
from sideline.rules.refusals import Refusal

PROBLEM_JSON = "application/problem+json"

_log = structlog.get_logger()


class ProblemOut(msgspec.Struct, omit_defaults=True):
    """What a person or program is told when something is not done."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, str] = {}
    """A sentence beside each field that is wrong."""
    params: dict[str, str] = {}
    """Values that the sentence speaks of, such as ``name``."""


class Problem(Exception):
    """Ends a command: nothing of it was kept."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        fields: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = dict(fields or {})
        self.params = dict(params or {})
        self.headers = dict(headers or {})


class NotFound(Problem):
    """It isn't there, or the person may not see it: the same answer."""

    def __init__(self, what: str) -> None:
        super().__init__(404, "not_found", f"There is no such {what}, or you may not see it.")


class Invalid(Problem):
    """Fields that can't be accepted, each with its sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(
            422,
            "invalid",
            "Some fields can't be accepted; nothing was changed. " + " ".join(fields.values()),
            fields=fields,
        )


class Refused(Problem):
    """A rule said no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal_status(refusal), str(refusal.code), refusal_text(refusal), params=refusal.params)
        self.refusal = refusal


_TITLES = {
    400: "The request can't be read",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Not offered here",
    409: "Not possible now",
    413: "Too large",
    415: "Wrong kind of content",
    422: "Can't be accepted",
    429: "Too many attempts",
    500: "Sideline failed",
    503: "Not available now",
    504: "No answer in time",
}


def problem_response(problem: Problem) -> Response[ProblemOut]:
    """Return the answer for ``problem``."""
    body = ProblemOut(
        type=f"/problems/{problem.code}",
        title=_TITLES.get(problem.status, "Refused"),
        status=problem.status,
        detail=problem.detail,
        code=problem.code,
        fields=problem.fields,
        params=problem.params,
    )
    return Response(body, status_code=problem.status, media_type=PROBLEM_JSON, headers=problem.headers)


def _field_sentences(extra: Any) -> dict[str, str]:
    if not isinstance(extra, list):
        return {}
    return {str(item.get("key", "body")): str(item.get("message", "")) for item in extra if isinstance(item, dict)}


def handle_problem(_: Request[Any, Any, Any], error: Problem) -> Response[ProblemOut]:
    """Answer a :class:`Problem`."""
    return problem_response(error)


def handle_http_exception(_: Request[Any, Any, Any], error: HTTPException) -> Response[ProblemOut]:
    """Answer what the framework itself refuses: unreadable bodies, unknown paths, wrong methods."""
    if isinstance(error, ValidationException):
        fields = _field_sentences(error.extra)
        detail = "The request can't be accepted; nothing was changed. " + " ".join(
            f"{name}: {sentence}" for name, sentence in fields.items()
        )
        return problem_response(Problem(400, "unreadable", detail.strip(), fields=fields))
    status = error.status_code
    codes = {
        404: "not_found",
        405: "method_not_allowed",
        413: "too_large",
        415: "unsupported_media_type",
        401: "not_signed_in",
    }
    details = {
        404: "There is nothing at this address.",
        405: "This address does not take that method.",
        413: "The request is larger than what is accepted here; nothing was kept.",
        415: "The content is of a kind that is not accepted here; send JSON.",
    }
    if status >= 500:
        return _failed(error)
    return problem_response(
        Problem(
            status,
            codes.get(status, "refused"),
            details.get(status, error.detail or "The request was refused."),
            headers=dict(error.headers or {}),
        )
    )


def handle_failure(_: Request[Any, Any, Any], error: Exception) -> Response[ProblemOut]:
    """Answer what nobody foresaw: logged whole, told in one sentence."""
    return _failed(error)


def _failed(error: Exception) -> Response[ProblemOut]:
    _log.error("request_failed", exc_info=error)
    return problem_response(
        Problem(
            500,
            "failed",
            "Sideline failed to do this and kept nothing of it; try again, and tell your administrator if it stays.",
        )
    )
