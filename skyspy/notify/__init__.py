"""Delivering alerts to the destinations of their owners: webhooks, MQTT, and the services that Apprise knows.

`deliverer.py` takes what is due from the outbox and notes what became of it. `send.py` has one row for each kind of destination.
`settings.py` checks what a person writes, `vault.py` encrypts what is secret of it, `guard.py` says to which hosts a connection may go.
"""
