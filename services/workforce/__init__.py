"""Workforce: who may go out, and with what.

Owns    agencies, people, certificates, phones and their keys.
Keeps   nothing of others.
Hears   nothing yet.
Answers register_agencies, register_people, register_devices, enrol_device,
        revoke_device.
Says    agency_standing, person_standing, device_standing.
"""
