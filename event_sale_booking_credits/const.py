"""Values of selections that several models share."""

from odoo.addons.booking_credits.const import SERVICE_PAYMENTS

#: what a class takes: as a service, or entry cards only (S1-24)
CLASS_PAYMENTS = [*SERVICE_PAYMENTS, ("session_only", "Entry cards only")]

#: what a course of several sessions costs
SESSION_PRICES = [
    ("once", "Once for the whole course"),
    ("session", "For each session that is still to come"),
]

#: what happens when a seat of a full class becomes free (S1-07, S1-10)
WAITING_MODES = [
    ("none", "No waiting list"),
    ("auto", "Enrol the first who fits, with credits set aside"),
    ("offer", "Offer the seat to one after the other"),
    ("notify", "Tell everybody who waits"),
]

#: entries that wait for a seat
ACTIVE_STATES = ("waiting", "offered")

#: seats that are taken
TAKEN_STATES = ("open", "done")

#: what those who wait pay with: set aside ahead, or by a link when a seat is free
WAITING_PAYMENTS = [("credits", "Credits"), ("money", "Money")]
