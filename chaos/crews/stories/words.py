"""Visits at which people say and write what is nobody else's business but the bank's."""

from datetime import timedelta

from chaos.crews import invented
from chaos.crews.acts import Acts
from chaos.crews.sorts import Planned
from chaos.crews.stories.door import CONFIRMED, DEBTOR, INTRODUCED, RECORDING
from proto import ids
from proto.complaints import FileComplaint
from proto.facts import Appointment, ComplaintMade, DebtorSigned


def spoken(acts: Acts, visit: Planned) -> None:
    """The debtor names another place, signs with remarks, and complains to the bank."""
    now = acts.crew.door.platform.now()
    elsewhere = Appointment(
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=1, hours=1),
        place="elsewhere",
        where=invented.elsewhere(),
        proof="spoken",
    )
    signed = DebtorSigned(remarks=invented.remarks())
    acts.check_in(visit, "200")
    acts.journal(visit, RECORDING, INTRODUCED, DEBTOR)
    acts.discuss(visit, "200", facts=(CONFIRMED,))
    acts.journal(visit, elsewhere, signed, ComplaintMade())
    acts.check_out(visit)
    filed = invented.complaint() | {"case_id": str(visit.case_id), "channel": "hotline"}
    filed |= {"complaint_id": (complaint := ids.new()).hex}
    acts.asked_by(acts.crew.desk, FileComplaint, complaint, filed, "200", "202")
