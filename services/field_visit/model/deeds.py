"""What of a journal others than the bank may know: what the pair did."""

#: Whatever was said at a door is one entry like another to them: a complaint, of which
#: nobody there may know, looks like somebody who was met.
DEEDS = frozenset(
    {
        *("shift_started", "shift_ended", "anchored", "position"),
        *("at_the_gate", "knocked", "recording", "media_noted", "conduct"),
        *("debt_discussed", "entered", "left", "cash_handed", "letter_given"),
        "payment_code_shown",
        *("help_pressed", "partner_gone"),
    }
)
