"""Acts 6 and 7: nine in the evening. Too late for one door, and the hour of another."""

from doorstep.demo.story import props
from doorstep.demo.story.step import Act, Expected, Step

#: The books of this case say 08:00 to 21:00 (4.05) and 07:00 to 22:00 (21.084).
TOO_LATE = Act(
    "too-late",
    "too-late",
    (
        Step(
            "too-late",
            props.CHECK_IN,
            Expected(403, "stop", ("4.05",), (props.CHECK_IN_REFUSED,)),
            present=2,
            clock=props.EVENING,
        ),
    ),
)

APPOINTED = Act(
    "appointed",
    "cash-evening",
    (
        Step(
            "appointed-arrive",
            props.CHECK_IN,
            Expected(200, "proceed", (), (props.ARRIVED,)),
            present=2,
            clock=props.EVENING,
        ),
        Step(
            "appointed-talk",
            props.TALK,
            Expected(200, "proceed"),
            facts=props.DEBTOR_OPENS,
        ),
        Step(
            "appointed-leave",
            props.CHECK_OUT,
            Expected(200, "closed", (), (props.LEFT_THE_DOOR,)),
            body={"ending": "talked"},
        ),
    ),
    after="cash",
)
