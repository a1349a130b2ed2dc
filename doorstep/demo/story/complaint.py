"""Act 4: whoever opens reads the badge's code, complains, and the agency hears nothing."""

from doorstep.demo.story import props
from doorstep.demo.story.step import Act, Expected, Step, Who

COMPLAINT = "/v1/complaints/{complaint}"
WORDS = "他们在楼道里大声说话。"

HEARD = (
    Step(
        "badge-arrive",
        props.CHECK_IN,
        Expected(200, "proceed", (), (props.ARRIVED,)),
        present=2,
    ),
    Step(
        "badge-shown",
        props.SHOW_VISIT,
        Expected(200, "shown", shows={"withdrawn": False, "badge": "{code}"}),
        keeps={"code": "badge"},
    ),
    Step(
        "badge-checked",
        "POST /v1/badges/checks",
        Expected(
            200,
            "done",
            shows={
                "mandated": True,
                "agency": "HAIYUE",
                "staff_numbers": ["HY-001", "HY-002"],
            },
        ),
        who=Who.PASSER_BY,
        body={"code": "{code}"},
    ),
    Step(
        "complained",
        "POST /v1/badges/complaints",
        Expected(200, "done", topics=(props.REVOKED,)),
        who=Who.PASSER_BY,
        body={
            "complaint_id": "{complaint}",
            "code": "{code}",
            "about": "conduct",
            "words": WORDS,
        },
    ),
    Step(
        "complaint-withdrawn",
        props.SHOW_VISIT,
        Expected(200, "shown", shows=props.WITHDRAWN),
        hears=True,
    ),
    Step(
        "complaint-refused",
        props.CHECK_IN,
        Expected(403, "stop", ("4.38",), (props.CHECK_IN_REFUSED,)),
        present=2,
    ),
    Step(
        "complaint-supervisor",
        props.SHOW_VISIT,
        Expected(200, "shown", shows=props.WITHDRAWN),
        who=Who.SUPERVISOR,
        unheard="complain",
    ),
    Step(
        "complaint-not-theirs",
        f"GET {COMPLAINT}",
        Expected(403, "role-may-not"),
        who=Who.SUPERVISOR,
    ),
    Step(
        "complaint-case-not-theirs",
        f"GET {props.CASE}",
        Expected(403, "role-may-not"),
        who=Who.SUPERVISOR,
    ),
)

ANSWERED = (
    Step(
        "complaint-read",
        f"GET {COMPLAINT}",
        Expected(
            200,
            "shown",
            shows={"state": "open", "visit_id": "{visit}", "words": WORDS},
        ),
        who=Who.COMPLAINTS_OFFICER,
    ),
    Step(
        "complaint-closed",
        f"POST {COMPLAINT}/closure",
        Expected(200, "done", shows={"state": "closed", "verdict": "not_upheld"}),
        who=Who.COMPLAINTS_OFFICER,
        body={"verdict": "not_upheld"},
    ),
    Step(
        "complaint-over",
        props.SHOW_VISIT,
        Expected(200, "shown", shows={"withdrawn": False}),
        hears=True,
    ),
    Step(
        "complaint-again",
        props.CHECK_IN,
        Expected(200, "proceed"),
        present=2,
    ),
    Step(
        "complaint-leave",
        props.CHECK_OUT,
        Expected(200, "closed", (), (props.LEFT_THE_DOOR,)),
        body={"ending": "not_admitted"},
    ),
)

COMPLAINT_BY_BADGE = Act("complaint", "complaint", (*HEARD, *ANSWERED))
