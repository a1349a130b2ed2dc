"""Act 5: no signal in a basement. The pack answers, the phones write, and help goes first.

The pair goes in against the rules: that is kept, and marked once it is told.
"""

from doorstep.demo.story import props
from doorstep.demo.story.invited_in import NO_CONSENT, NOT_CONFIRMED, NOT_THE_DEBTOR
from doorstep.demo.story.step import Act, ByPack, Expected, Step, Who
from proto import ids
from proto.facts import DebtDiscussed, Entered, HelpPressed, Left, PersonMet
from proto.pack import Deed, Lack, Met

#: The call for help, which the phone writes into its journal as well.
HELP = ids.named("help", "no-signal")
NOBODY, BOTH = (), (Who.PHONE, Who.PARTNER)
#: Going in without a reason of the bank's, and without having asked.
NO_ENTRY = ("4.28", *NO_CONSENT)
#: The second visit to the case, which was planned before anybody knew.
AGAIN = "no-signal-again"
SHOW_JOURNAL = f"GET {props.VISIT}/journal"

MOTHER_OPENS = ByPack(Deed.DISCUSS_DEBT, Met.PARENT, script="door.third_party")
DEBTOR_COMES = ByPack(Deed.DISCUSS_DEBT, Met.DEBTOR, script="door.talk")
MAY_COME_IN = ByPack(
    Deed.ENTER_PREMISES,
    Met.DEBTOR,
    lacking=(Lack.REASON, Lack.CONSENT),
    script="door.stay_outside",
)

BEFORE = (
    Step(
        "signal-pack",
        "GET /v1/pack?device_id={phone}",
        Expected(
            200,
            "shown",
            shows={
                "pack": "verified",
                "badge": "{code}",
                "letter.staff_numbers": ["HY-001", "HY-002"],
            },
        ),
        keeps={"code": "badge"},
        hears=True,
    ),
    Step(
        "signal-arrive",
        props.CHECK_IN,
        Expected(200, "proceed", (), (props.ARRIVED,)),
        present=2,
    ),
)

OFFLINE = (
    Step(
        "signal-mother",
        MOTHER_OPENS.asks,
        Expected(0, "stop", (*NOT_CONFIRMED, *NOT_THE_DEBTOR)),
        facts=(props.RECORDING, props.INTRODUCED, PersonMet(relation=props.MOTHER)),
        signal=NOBODY,
        by_pack=MOTHER_OPENS,
        aloud=True,
    ),
    Step(
        "signal-badge",
        "GET /d/{code}",
        Expected(
            200,
            "shown",
            shows={"page": "yes", "staff_numbers": ["HY-001", "HY-002"]},
        ),
        who=Who.PASSER_BY,
    ),
    Step(
        "signal-debtor",
        DEBTOR_COMES.asks,
        Expected(0, "proceed"),
        facts=(PersonMet(relation=props.DEBTOR), props.CONFIRMED),
        by_pack=DEBTOR_COMES,
        aloud=True,
    ),
    Step(
        "signal-talked",
        props.JOURNAL,
        Expected(0, "waits"),
        facts=(DebtDiscussed(),),
    ),
    Step(
        "signal-entry",
        MAY_COME_IN.asks,
        Expected(0, "stop", NO_ENTRY),
        by_pack=MAY_COME_IN,
        aloud=True,
    ),
    Step(
        "signal-entered",
        props.JOURNAL,
        Expected(0, "waits"),
        facts=(Entered(),),
    ),
    Step(
        "signal-help",
        f"POST {props.VISIT}/help",
        Expected(0, "waits"),
        facts=(HelpPressed(help_id=HELP),),
        body={
            "help_id": str(HELP),
            "device_id": "{phone}",
            "at": "{now}",
            "kind": "violence",
        },
    ),
)

BACK = (
    Step(
        "signal-partner",
        props.JOURNAL,
        Expected(200, "received", (), ("field_visit.premises_left",)),
        who=Who.PARTNER,
        facts=(Left(),),
        signal=(Who.PARTNER,),
    ),
    Step(
        "signal-first-read",
        SHOW_JOURNAL,
        Expected(200, "shown", shows={"entries.0.kind": "left"}),
        who=Who.OFFICER,
        keeps={"seen": "entries.0.number"},
    ),
    Step(
        "signal-back",
        "SEND outgoing",
        Expected(
            200,
            "sent",
            (),
            (
                "field_visit.help_called",
                "field_visit.visit_cut_short",
                "field_visit.premises_entered",
                "field_visit.breach_recorded",
            ),
            marked=NO_ENTRY,
            shows={"sent": ["help", "journal", "journal", "journal"], "waiting": 0},
        ),
        signal=BOTH,
    ),
    Step(
        "signal-heard",
        f"POST {props.VISIT}/help/{HELP}/acknowledgement",
        Expected(200, "done", (), ("field_visit.help_acknowledged",)),
        who=Who.SUPERVISOR,
        body={"visit_id": "{visit}", "help_id": str(HELP)},
    ),
    Step(
        "signal-verdicts",
        f"{SHOW_JOURNAL}?after={{seen}}",
        Expected(
            200,
            "shown",
            shows={
                "entries.5.kind": "debt_discussed",
                "entries.5.verdict": "fine",
                "entries.6.kind": "entered",
                "entries.6.verdict": "breach",
                "entries.6.clauses": list(NO_ENTRY),
            },
        ),
        who=Who.OFFICER,
    ),
    Step(
        "signal-outside",
        props.SHOW_VISIT,
        Expected(200, "shown", shows={"state": "leaving", "inside": False}),
        who=Who.SUPERVISOR,
    ),
    Step(
        "signal-held",
        f"GET {props.CASE}",
        Expected(200, "shown", shows={"state": "held", "holds.0.reason": "danger"}),
        who=Who.OFFICER,
        hears=True,
    ),
    Step(
        "signal-no-more",
        "GET /d/{code}",
        Expected(200, "shown", shows={"page": "no", "staff_numbers": []}),
        who=Who.PASSER_BY,
        hears=True,
    ),
    Step(
        "signal-leave",
        props.CHECK_OUT,
        Expected(200, "closed", (), (props.LEFT_THE_DOOR,)),
        body={"ending": "ended_early"},
    ),
    Step(
        "signal-barred",
        props.CHECK_IN,
        Expected(403, "stop", ("4.38", "C.18", "C.37"), (props.CHECK_IN_REFUSED,)),
        present=2,
        door=AGAIN,
    ),
)

NO_SIGNAL = Act("no-signal", "no-signal", (*BEFORE, *OFFLINE, *BACK))
