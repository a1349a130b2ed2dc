"""The badge page, `/d`: whoever opens a door finds out who stands there, and complains.

Open to anybody, under the bank's name, in three languages. HTML as it is made here: no
script, no cookie, nothing from elsewhere, nothing to sign in to. docs/badge-page.md.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response

from chassis.errors import Refused
from chassis.rpc import Answered
from gateway.door import Call, Door, Work, mount
from gateway.errors import TooMany
from gateway.landing import complaining
from gateway.pages import Page
from gateway.pages.badge import form
from gateway.pages.badge.html import policy
from gateway.pages.badge.views import View
from gateway.pages.badge.words import Language, preferred, words
from gateway.roles import OPEN
from gateway.strangers import ANYBODY, of_network, whence
from proto import badges
from proto.complaints import ComplainByBadge
from proto.field_visit import BadgeChecked, CheckBadge

#: Characters of a code as somebody may type it; what is longer is none.
LONGEST = 40
#: Seconds after which it is worth asking again, when nobody has said so.
SOON_S = 2


async def ask(call: Call, _: Any) -> Response:
    """Show the form, or go to the page of the code that was typed into it."""
    typed = form.visible(call.request.query_params.get("code", ""))[:LONGEST].strip()
    view = seen(call, typed)
    if not typed:
        return paged(view, view.ask())
    if not badges.is_one(typed):
        return paged(view, View(view.words, shown=typed).ask("malformed"), 422)
    return Response(status_code=303, headers={"Location": view.address(lang(call))})


async def check(call: Call, _: Any) -> Response:
    """Say whether these two are mandated today; whatever a code lacks, the same no."""
    typed = code_of(call)
    view = seen(call, typed)
    if not badges.is_one(typed):
        return paged(view, view.no())
    try:
        found, wait_s = await looked_up(call, badges.normal(typed))
    except TooMany as no:
        return paged(view, view.unknown("busy", seconds(no)), 429, seconds(no))
    except (Refused, Answered) as no:
        return paged(view, view.unknown("no_answer_says", seconds(no)), 503, seconds(no))
    if found.mandated:
        return paged(view, view.yes(found))
    return paged(view, view.no(wait_s), 429 if wait_s else 200, wait_s)


async def looked_up(call: Call, code: str) -> tuple[BadgeChecked, int]:
    """Return what is known of a code, and how long to wait when it is one guess too many.

    Raises TooMany before it is looked up, Unavailable, Answered.
    """
    guesses, here = call.parts.guesses, whence(call)
    async with guesses.turn(here):
        answer = await call.parts.services.ask(
            "field_visit", CheckBadge(code=code), of_network(here), trace=call.trace
        )
        found = BadgeChecked.model_validate_json(answer.reply or "")
        if found.mandated:
            guesses.right()
            return found, 0
        return found, guesses.wrong(here, code)


async def complain(call: Call, _: Any) -> Response:
    """Take a complaint in. An unknown code goes the same way as a known one."""
    view = seen(call, code_of(call))
    try:
        sent = await form.read(call.request)
    except (form.NotOurs, Refused) as no:
        return paged(view, view.unreadable(), no.status)
    if sent.faults:
        return paged(view, view.refused(sent), 422)
    complaint = sent.complaint(view.typed, view.words.say(sent.choice))
    try:
        call.parts.complainers.count(whence(call))
        await filed(call, complaint)
    except TooMany as no:
        return paged(view, view.later(sent, "too_many", seconds(no)), 429, seconds(no))
    except (Refused, Answered) as no:
        return paged(view, view.later(sent, "later", seconds(no)), 503, seconds(no))
    return paged(view, view.taken(complaint.complaint_id))


async def filed(call: Call, complaint: ComplainByBadge) -> None:
    """Hand a complaint to the desk, once however often it is sent: its id is its key."""
    body = complaint.model_dump(mode="json")
    await complaining.filed(call, complaint, ANYBODY, body, complaint.complaint_id)


def code_of(call: Call) -> str:
    """Return the code in the address, as it was typed and can be shown."""
    text = form.visible(call.request.path_params["code"])
    return text.strip()[:LONGEST] or "-"


def seen(call: Call, typed: str) -> View:
    shown = badges.grouped(typed) if badges.is_one(typed) else typed
    return View(words(lang(call), call.parts.settings), typed=shown, shown=shown)


def lang(call: Call) -> Language:
    asked, headers = call.request.query_params.get("lang"), call.request.headers
    accepted = headers.get("accept-language")
    return preferred(asked, accepted)


def seconds(no: Refused | Answered) -> int:
    """Return when to ask again."""
    values = no.values if isinstance(no, Refused) else no.problem.values
    return int(values.get("seconds", SOON_S))


def paged(view: View, text: str, status: int = 200, wait_s: int = 0) -> Response:
    headers: dict[str, str] = {"Content-Language": view.words.language}
    headers |= {"Retry-After": str(wait_s)} if wait_s else {}
    return Response(text, status, headers, media_type="text/html")


def headed(work: Callable[[Call, Any], Awaitable[Response]]) -> Work:
    """Return what is done for HEAD: the same, without what it would say."""

    async def silent(call: Call, body: Any) -> Response:
        whole = await work(call, body)
        return Response(status_code=whole.status_code, headers=dict(whole.headers))

    return silent


def door(name: str, method: str, path: str, says: str) -> Door:
    return Door(
        name=name,
        method=method,
        path=path,
        roles=OPEN,
        gives=Page,
        media="text/html",
        says=says,
        policy=policy(),
        headers=(
            ("Vary", "Accept-Language"),
            ("X-Robots-Tag", "noindex, nofollow"),
        ),
    )


FORM, PAGE = ("badge_form", "/d"), ("badge_page", "/d/{code}")
DOORS: tuple[tuple[Door, Work], ...] = (
    (door(FORM[0], "GET", FORM[1], "A form for the code on a badge."), ask),
    (door(FORM[0], "HEAD", FORM[1], "The same, without it."), headed(ask)),
    (door(PAGE[0], "GET", PAGE[1], "Who is at my door, by their code."), check),
    (door(PAGE[0], "HEAD", PAGE[1], "The same, without it."), headed(check)),
    (
        door("badge_complaint", "POST", f"{PAGE[1]}/complaint", "A complaint, by a form."),
        complain,
    ),
)


def open_doors(app: FastAPI) -> None:
    for each, work in DOORS:
        mount(app, each, work)
