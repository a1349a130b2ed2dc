"""How messages travel: unit, outbox, inbox, kept standings, relay, clock, settings."""
