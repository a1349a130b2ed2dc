"""The contracts as files that other people's tools read, in `docs/contracts/`.

`openapi.json` is the HTTP API, `asyncapi.json` what is said on the broker and by whom it is
heard, `schemas/` each command, reply and event. All of it is made from the code; what was
released once is kept in `released.json`, and what would break it is found by
`doorstep/contracts/breaking.py`.
"""
