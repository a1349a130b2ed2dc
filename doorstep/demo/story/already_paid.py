"""Act 3: "I paid this morning" holds the case at once, and nobody comes back."""

from doorstep.demo.story import props
from doorstep.demo.story.step import Act, Expected, Step, Who
from proto.facts import (
    Claim,
    Disputed,
)

SHOW_CASE = f"GET {props.CASE}"
#: The second visit to the case, which was planned before anybody knew.
AGAIN = "already-paid-again"

ALREADY_PAID = Act(
    "already-paid",
    "already-paid",
    (
        Step(
            "paid-arrive",
            props.CHECK_IN,
            Expected(200, "proceed", (), (props.ARRIVED,)),
            present=2,
        ),
        Step(
            "paid-says",
            props.TALK,
            Expected(
                403,
                "stop",
                ("4.12", "4.13"),
                (
                    "field_visit.debt_disputed",
                    "field_visit.talk_not_allowed",
                    props.REVOKED,
                ),
            ),
            facts=(*props.DEBTOR_OPENS, Disputed(claim=Claim.ALREADY_PAID)),
            aloud=True,
        ),
        Step(
            "paid-held",
            SHOW_CASE,
            Expected(
                200,
                "shown",
                shows={
                    "state": "held",
                    "holds.0.reason": "already_paid",
                    "holds.0.owner_id": "{officer}",
                    "holds.0.review_on": "2026-03-02",
                },
            ),
            who=Who.OFFICER,
            hears=True,
        ),
        Step(
            "paid-leave",
            props.CHECK_OUT,
            Expected(200, "closed", (), (props.LEFT_THE_DOOR,)),
            body={"ending": "talked"},
        ),
        Step(
            "paid-withdrawn",
            props.SHOW_VISIT,
            Expected(200, "shown", shows=props.WITHDRAWN),
            door=AGAIN,
            hears=True,
        ),
        Step(
            "paid-again",
            props.CHECK_IN,
            Expected(403, "stop", ("4.38", "C.18"), (props.CHECK_IN_REFUSED,)),
            present=2,
            door=AGAIN,
        ),
        Step(
            "paid-off",
            f"POST {props.CASE}/payoff",
            Expected(200, "done", shows={"state": "paid_off", "holds": []}),
            who=Who.OFFICER,
        ),
    ),
)
