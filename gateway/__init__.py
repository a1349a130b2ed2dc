"""The gateway: what the world sees. Signs people in, asks one service, answers.

Owns: accounts, sessions, the first-run token. Decides nothing about visits; every right
is decided again by the service that owns the data.
"""
