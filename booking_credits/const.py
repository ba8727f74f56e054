"""Values of selections that several models share."""

#: what happens to a lot; also the kinds of operations
ENTRY_TYPES = [
    ("grant", "Received"),
    ("hold", "Held"),
    ("release", "Hold released"),
    ("redeem", "Used"),
    ("restore", "Given back"),
    ("fee", "Kept as fee"),
    ("expire", "Expired"),
    ("reactivate", "Reactivated"),
    ("extend", "Extended"),
    ("adjust", "Corrected"),
    ("transfer", "Transferred"),
    ("reset", "Reset"),
    ("refund", "Refunded"),
]

#: what one unit of a lot is
MEASURES = [("credit", "Credits"), ("session", "Sessions"), ("money", "Money")]

#: measures whose units pay whole bookings; money pays any part of an order
BOOKING_MEASURES = ("credit", "session")

#: what a cancellation does with the part that was paid in money and comes back
MONEY_RETURNS = [
    ("refund", "Refunded with a credit note"),
    ("credit", "Kept as customer credit"),
    ("keep", "Not given back (deposits are kept)"),
    ("manual", "The invoice stays, staff decide"),
]

#: units of a validity that runs for some time
DURATIONS = [
    ("days", "Days"),
    ("weeks", "Weeks"),
    ("months", "Months"),
    ("years", "Years"),
]

#: who reads credits in the backend
CREDIT_GROUPS = (
    "booking_credits.booking_credits_group_user,"
    "booking_credits.booking_credits_group_accountant"
)

#: units at most in one movement and on one lot, and of money in the company's currency:
#: far beyond any studio, and small enough that a float still tells a thousandth
MAX_UNITS = 10**9

#: largest number of credits that one pack gives, or one booking costs
MAX_PACK = 10**6
MAX_VALUE = 10**12

#: days at most by which the end of credits is moved at once
MAX_EXTEND_DAYS = 3650

#: how long a hold stands at most, and where nobody says how long
MAX_HOLD_DAYS = 365
HOLD_DAYS = 7

#: columns of a lot that only the ledger writes
LEDGER_FIELDS = (
    "granted",
    "balance",
    "held",
    "value",
    "basis_quantity",
    "basis_value",
    "last_sequence",
    "is_open",
)

#: what bookings of a company are paid with
PAYMENT_MODES = [
    ("both", "Credits or money"),
    ("level", "Money, less customer credit"),
    ("credit_only", "Credits only"),
]

#: what one service is paid with
SERVICE_PAYMENTS = [
    ("both", "Credits or money"),
    ("credit_only", "Credits or sessions only"),
    ("money", "Money only"),
]

#: how the price of a booking is shown
PRICE_DISPLAYS = [
    ("money", "In money"),
    ("both", "In money and in credits"),
    ("credits", "In credits instead of money"),
]

#: when customers change the date of a booking themselves
BOOKING_MOVES = [
    ("no", "No"),
    ("free", "While cancelling costs nothing"),
    ("always", "Until the start"),
]

#: what only the verbs that pay write on a credit line
CREDIT_LINE_FIELDS = (
    "booking_credit_paid_line_id",
    "booking_credit_measure",
    "booking_credit_quantity",
    "booking_credit_rate",
    "booking_credit_lot_ids",
    "booking_credit_lot_order",
    "booking_credit_reason",
)

#: years in which a booking can take place
YEARS = range(1970, 2201)
