"""The senders of a server, one for each kind of destination to which something is sent."""

from __future__ import annotations

from skyspy.clock import Clock
from skyspy.notify.apprise_child import AppriseServices
from skyspy.notify.destination import APPRISE, MQTT, WEBHOOK
from skyspy.notify.mqtt import Brokers
from skyspy.notify.send import Senders
from skyspy.notify.webhook import Webhooks
from skyspy.outbound.resolver import Resolver


def senders(clock: Clock) -> Senders:
    """What delivers to each kind of destination, with a resolver of its own: names of receivers are not waited for."""
    resolver = Resolver()
    return Senders({WEBHOOK: Webhooks(resolver, clock), MQTT: Brokers(resolver), APPRISE: AppriseServices()}, clock)
