"""Letters by everything that Apprise knows: webhooks, Telegram, Zalo gateways, chat rooms, text messages.

An address is an Apprise URL (`tgram://TOKEN/CHAT`, `json://host/path`, …) and holds its secret itself, so it stands where mail
addresses stand, and is never shown.
"""

from __future__ import annotations

from monitor.alerts.channels import Envelope, Outcome, Undeliverable
from monitor.model.letter import Letter

# Chats cut long texts; the beginning says what matters, the rest is in the mail.
LONGEST = 3500


def takes(address: str) -> bool:
    """Whether Apprise can use it."""
    if "://" not in address:
        return False
    import apprise  # noqa: PLC0415 - a third of a second, only for those who have such an address

    return apprise.Apprise.instantiate(address) is not None


def deliver(letter: Letter, envelope: Envelope, addresses: tuple[str, ...], server: str | None) -> Outcome:  # noqa: ARG001
    """Notify each address. Raises Undeliverable when none of them was reached."""
    import apprise  # noqa: PLC0415 - as above

    reached = []
    for address in addresses:
        service = apprise.Apprise.instantiate(address)
        if service is not None and service.notify(title=letter.subject, body=letter.text[:LONGEST]):
            reached.append(address)
    if not reached:
        kinds = ", ".join(sorted({address.split("://")[0] for address in addresses}))
        raise Undeliverable(f"{kinds}: the service did not take the message")
    return Outcome(tuple(reached))
