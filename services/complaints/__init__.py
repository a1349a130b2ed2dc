"""Complaints: what somebody objects to, answered by the bank itself and never an agency.

Owns    complaints (投诉), whether a case may be worked while they are open, the codes on
        badges by which somebody at a door complains, who stood at which door.
Keeps   case standings: the desk complains about no case that does not exist.
Hears   dispatch.visit_planned, field_visit.collectors_arrived,
        field_visit.complaint_heard, field_visit.pair_swapped.
Answers file_complaint, complain_by_badge, close_complaint, show_complaint,
        list_complaints.
Says    complaint_opened and complaint_closed (of the complaint, never of its case),
        work_standing (of the case, never of its complaint).
"""
