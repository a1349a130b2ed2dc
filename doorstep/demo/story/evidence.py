"""Act 8: the first visit in court. It is sealed, and a stranger checks it offline."""

from doorstep.demo.story import props
from doorstep.demo.story.step import Act, Expected, Step, Who

#: Where the bundle of the visit lies that a court is given, and its one page on paper.
BUNDLE, REPORT = "visit.zip", "visit.pdf"

SEALED = (
    Step(
        "evidence-not-yet",
        f"GET {props.VISIT}/evidence?reason=court",
        Expected(409, "not-sealed-yet"),
        who=Who.OFFICER,
        saves=BUNDLE,
        exhibit=True,
    ),
    Step(
        "evidence-partner",
        props.CHECK_OUT,
        Expected(200, "closed", (), ("field_visit.visit_sealed",)),
        who=Who.PARTNER,
        body={"ending": "talked"},
    ),
    Step(
        "evidence-without-reason",
        f"GET {props.VISIT}/evidence",
        Expected(422, "malformed"),
        who=Who.OFFICER,
        saves=BUNDLE,
        exhibit=True,
    ),
    Step(
        "evidence-given",
        f"GET {props.VISIT}/evidence?reason=court",
        Expected(200, "shown", shows={"file": BUNDLE}),
        who=Who.OFFICER,
        saves=BUNDLE,
        exhibit=True,
    ),
    Step(
        "evidence-verified",
        f"VERIFY {BUNDLE}",
        Expected(0, "checked", shows={"grade": "VERIFIED", "exit": 0}),
        who=Who.STRANGER,
    ),
    Step(
        "evidence-changed",
        f"CHANGE {BUNDLE}",
        Expected(0, "checked", shows={"grade": "FAILED", "exit": 1}),
        who=Who.STRANGER,
    ),
    Step(
        "evidence-report",
        f"GET {props.VISIT}/report?reason=court",
        Expected(200, "shown", shows={"file": REPORT}),
        who=Who.OFFICER,
        saves=REPORT,
        exhibit=True,
        hears=True,
    ),
)

IN_COURT = Act("in-court", "invited-in", SEALED, after="invited-in")
