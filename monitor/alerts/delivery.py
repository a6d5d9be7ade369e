"""One attempt to deliver, and what follows from it: confirmed, tried again later, or given up. The store keeps the outcome."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from monitor.alerts import channels
from monitor.alerts.channels import Envelope, Undeliverable
from monitor.model.letter import Delivery, DeliveryState, Letter

log = logging.getLogger(__name__)

# Two minutes, doubled each time, four hours at most: a server that is down on Monday morning is tried often, one that is down for
# days is not hammered. The last of MOST attempts comes a little over three days after the first.
FIRST, LONGEST, MOST = timedelta(minutes=2), timedelta(hours=4), 25
# How soon it is looked again for an address that is missing: a person gives it, and no server is troubled by the asking.
UNADDRESSED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended. `confirmed`: digests of all addresses that have the letter by now; `wait`: until the next; `counts`:
    false when there was nobody to ask, so that a letter is kept for as long as its recipient has no address.
    """

    state: DeliveryState
    confirmed: frozenset[str]
    error: str
    wait: timedelta = timedelta(0)
    counts: bool = True


def mark(address: str) -> str:
    """An address as the database may hold it: recognised again, not read."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def attempt(delivery: Delivery, letter: Letter, addresses: Iterable[str], server: str | None) -> Attempt:
    """Hand the letter to everyone of `addresses` who has not confirmed it. `server`: the mail server's URL."""
    confirmed = set(delivery.confirmed)
    left = sorted((a for a in addresses if mark(a) not in confirmed), key=_channel)
    if not left and not confirmed:
        return unaddressed(delivery, f"the recipient {delivery.recipient} has no address")
    envelope = Envelope(delivery.message_id, delivery.composed)
    owed, refused = [], []
    for _, group in groupby(left, key=_channel):
        theirs = tuple(group)
        channel = channels.of(theirs[0])
        if channel is None:
            refused.append("an address of no known kind")
            continue
        try:
            outcome = channel.deliver(letter, envelope, theirs, server)
        except Undeliverable as error:
            owed.append(str(error))
            continue
        except Exception as error:
            # A fault of the channel's must not forget who else has the letter by now.
            log.exception("letter %s: the channel failed", delivery.message_id)
            owed.append(type(error).__name__)
            continue
        confirmed |= {mark(address) for address in outcome.accepted}
        refused += list(outcome.refused.values())
        owed += ["not taken yet" for a in theirs if a not in outcome.accepted and a not in outcome.refused]
    if owed:
        return _again(delivery, confirmed, "; ".join(dict.fromkeys(owed)))
    if refused:
        return Attempt(DeliveryState.DEAD, frozenset(confirmed), "; ".join(dict.fromkeys(refused)))
    return Attempt(DeliveryState.DELIVERED, frozenset(confirmed), "")


def unaddressed(delivery: Delivery, error: str) -> Attempt:
    """There is nobody to ask yet: the letter is kept until there is, and is not given up."""
    return Attempt(DeliveryState.QUEUED, frozenset(delivery.confirmed), error, UNADDRESSED, counts=False)


def put_off(delivery: Delivery, error: str) -> Attempt:
    """Nobody could even be asked: later again."""
    return _again(delivery, set(delivery.confirmed), error)


def _channel(address: str) -> str:
    return "mail" if "://" not in address else address.split("://", maxsplit=1)[0]


def _again(delivery: Delivery, confirmed: set[str], error: str) -> Attempt:
    if delivery.attempts >= MOST:
        return Attempt(DeliveryState.DEAD, frozenset(confirmed), error)
    wait = min(FIRST * 2 ** (delivery.attempts - 1), LONGEST)
    return Attempt(DeliveryState.QUEUED, frozenset(confirmed), error, wait)
