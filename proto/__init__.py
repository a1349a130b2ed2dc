"""What may be said: every message, reply and event, written once for both sides."""
