"""Facts that a gateway takes in alone, durably, and hands on when it can (landing).

What is landed is committed here with its receipt; the service that owns it hears of it as
soon as it can be reached, under the same idempotency key, and its row goes when the
service has confirmed it.
"""
