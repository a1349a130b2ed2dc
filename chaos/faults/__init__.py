"""What breaks: the schedule of faults, the hand that does them, what is on the wire."""
