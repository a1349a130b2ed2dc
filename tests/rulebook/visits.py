"""Every visit there may be, good and bad, for tests of what holds of all of them."""

from datetime import date

from hypothesis import strategies as st

ALL = (
    "CN-PLEDGE",
    "CN-CARDSTD",
    "CN-OUTREQ",
    "CN-FILESTD",
    "TW-2005",
    "CONTRACT-DEMO",
)
#: Under which there is a leave to take cash and to ask somebody else, if the bank gives it.
MAINLAND = tuple(book for book in ALL if book != "TW-2005")
THAT_DAY = date(2026, 3, 2)
YES_OR_NO = st.booleans()
PERHAPS = st.sampled_from([True, False, None])
PERSON = st.sampled_from(["debtor", "parent", "child", "guard", "unknown"])
CLOCK = st.times().map(lambda time: time.isoformat("seconds"))
SUM = st.decimals("0.00", "9999.99", places=2).map(str) | st.sampled_from(["NaN", "-1.00"])
HERE = st.fixed_dictionaries(
    {},
    optional={
        "distance_m": st.none() | st.floats(),
        "accuracy_m": st.none() | st.floats(),
        "presence_age_s": st.none() | st.floats(),
        "certified": PERHAPS,
        "in_service": PERHAPS,
    },
)
CASH = st.fixed_dictionaries(
    {},
    optional={
        "reason": st.sampled_from(["remote_area", "limited_mobility", "other"]),
        "cap": SUM,
        "currency": st.sampled_from(["CNY", "USD"]),
        "until": CLOCK,
        "state": st.sampled_from(["proposed", "granted", "spent", "revoked", "perhaps"]),
        "used": YES_OR_NO,
    },
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "starts_at": CLOCK,
        "ends_at": CLOCK,
        "here": st.dictionaries(st.sampled_from(["Li", "Wang", "Zhao"]), HERE),
        "on_duty": PERHAPS,
        "apart_m": st.none() | st.floats(),
        "pairing": st.none()
        | st.fixed_dictionaries({}, optional={"answered_s": st.none() | st.floats()}),
        "letter": st.none()
        | st.fixed_dictionaries(
            {}, optional={"revoked": YES_OR_NO, "valid_on_day": YES_OR_NO}
        ),
        "mandate_in_force": PERHAPS,
        "introduced": YES_OR_NO,
        "letter_shown": YES_OR_NO,
        "badge_shown": YES_OR_NO,
        "person_met": st.none() | PERSON,
        "liable": st.sampled_from([[], ["parent"], ["child", "parent"]]),
        "identity_confirmed": YES_OR_NO,
        "confirmed_items": st.integers(0, 3),
        "entry_reason": st.sampled_from(["limited_mobility", "curiosity", None]),
        "allowed_entry_reasons": st.sampled_from([["limited_mobility"], [], None]),
        "consent": st.none()
        | st.fixed_dictionaries({}, optional={"by": PERSON, "withdrawn": YES_OR_NO}),
        "objection": YES_OR_NO,
        "appointment": st.none()
        | st.fixed_dictionaries(
            {"from": CLOCK, "until": CLOCK},
            optional={"agreed": YES_OR_NO, "used": YES_OR_NO},
        ),
        "visited_today": YES_OR_NO,
        "endangered": YES_OR_NO,
        "address_open": PERHAPS,
        "care": st.none() | st.fixed_dictionaries({"within_plan": YES_OR_NO}),
        "disputed": YES_OR_NO,
        "recorded": YES_OR_NO,
        "person_capable": YES_OR_NO,
        "payment": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "what": st.sampled_from(["cash", "cheque", "goods", "promise"]),
                "amount": SUM,
                "currency": st.sampled_from(["CNY", "USD"]),
            },
        ),
        "cash": st.none() | CASH,
        "code": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "by_bank": YES_OR_NO,
                "withdrawn": YES_OR_NO,
                "from": CLOCK,
                "until": CLOCK,
            },
        ),
        "paper": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "approved": YES_OR_NO,
                "how": st.sampled_from(["in_person", "letterbox"]),
            },
        ),
        "handing": st.sampled_from(["in_person", "letterbox", "posted", None]),
        "locating": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "purpose": st.sampled_from(["locate", "verify", "collect"]),
                "permit": st.sampled_from(["open", "used", "expired", "revoked", None]),
                "answer": st.sampled_from(["agrees", "refuses", "annoyed", None]),
            },
        ),
    },
)
