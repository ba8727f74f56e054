"""The statements with which the ledger of credits is summed by kind of movement."""

#: types of entries behind each row, for those that need no look at the lot
TYPES = {
    "used": ("redeem", "restore"),
    "no_show": ("fee",),
    "fee": ("fee",),
    "refunded": ("refund",),
    "expired": ("expire",),
    "reactivated": ("reactivate",),
    "transfer_in": ("transfer", "grant"),
    "transfer_out": ("transfer",),
}

#: origins of the lots whose first entry belongs to each row
ORIGINS = {
    "sold": ("purchase",),
    "kept": ("payment", "refund"),
    "imported": ("import",),
    "transfer_in": ("transfer",),
}

#: The row that a movement belongs to; see `CATEGORY` for one entry.
CATEGORY_OF = """
    CASE {type}
    WHEN 'grant' THEN
        CASE WHEN {origin} = 'purchase' THEN 'sold'
             WHEN {origin} IN ('payment', 'refund') THEN 'kept'
             WHEN {origin} = 'import' THEN 'imported'
             WHEN {origin} = 'transfer' THEN 'transfer_in'
             ELSE 'granted' END
    WHEN 'redeem' THEN 'used'
    WHEN 'restore' THEN 'used'
    WHEN 'fee' THEN CASE WHEN {no_show} THEN 'no_show' ELSE 'fee' END
    WHEN 'refund' THEN 'refunded'
    WHEN 'expire' THEN 'expired'
    WHEN 'reactivate' THEN 'reactivated'
    WHEN 'transfer' THEN
        CASE WHEN {leaves} THEN 'transfer_out' ELSE 'transfer_in' END
    ELSE 'adjusted' END
"""

#: Adds ``late`` to the fees that were kept once the booking had begun: those are for a
#: no-show.
JOIN_LATE = """
     LEFT JOIN booking_credit_operation late
            ON late.id = entry.operation_id AND late.after_start AND entry.type = 'fee'
"""

CATEGORY = CATEGORY_OF.format(
    type="entry.type",
    origin="lot.origin",
    leaves="(entry.quantity < 0 OR entry.value < 0)",
    no_show="late.id IS NOT NULL",
)

#: The day on which an entry counts in the books: that of its journal entry. What waits
#: to be posted has none; what cancelled itself out, or is worth nothing, counts at once.
BOOKS_DAY = """
    CASE WHEN move.id IS NOT NULL
         THEN CASE WHEN move.state = 'posted' THEN move.date END
         WHEN entry.posting_state = 'pending' THEN NULL
         ELSE entry.date END
"""

#: One pass over the ledger, whatever its size. Each entry is added to one of a few sums
#: first: PostgreSQL knows that there are few, since the questions about its days are
#: yes or no (a number would be taken for one of thousands, and all entries sorted).
#: It meets its journal entry, and not its journal item: there is one entry for a day.
#: No subquery looks at one entry, so several processes can share the work.
#: Uses of passes are counted, not owed.
MOVEMENTS = f"""
    WITH moved AS (
        SELECT entry.company_id, {{account}} AS account_id, lot.measure,
               entry.type, lot.origin,
               entry.type = 'transfer'
                   AND (entry.quantity < 0 OR entry.value < 0) AS leaves,
               late.id IS NOT NULL AS no_show,
               entry.date < %(first)s AS event_before,
               entry.date <= %(last)s AS event_known,
               {BOOKS_DAY} < %(first)s AS books_before,
               {BOOKS_DAY} <= %(last)s AS books_known,
               sum(CASE WHEN lot.unlimited THEN 0 ELSE entry.quantity END) AS units,
               sum(entry.value) AS value
          FROM booking_credit_entry entry
          JOIN booking_credit_lot lot ON lot.id = entry.lot_id
     LEFT JOIN account_move move ON move.id = entry.move_id
     {JOIN_LATE}
         WHERE entry.company_id = ANY(%(companies)s)
           AND (entry.quantity <> 0 OR entry.value <> 0)
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ), rows AS (
        SELECT *, {{day}}_before AS before, {{day}}_known AND NOT {{day}}_before AS within,
               {
    CATEGORY_OF.format(type="type", origin="origin", leaves="leaves", no_show="no_show")
} AS category
          FROM moved
    )
    SELECT company_id, account_id, measure, category,
           sum(units) FILTER (WHERE before), sum(value) FILTER (WHERE before),
           sum(units) FILTER (WHERE within), sum(value) FILTER (WHERE within),
           -sum(value) FILTER (WHERE event_known AND books_known IS NULL),
           -sum(value) FILTER (WHERE event_known AND NOT books_known),
           sum(value) FILTER (WHERE NOT event_known AND books_known),
           sum(value) FILTER (WHERE event_known AND NOT event_before
                                AND books_known IS NOT TRUE),
           sum(value) FILTER (WHERE event_before AND books_known AND NOT books_before)
      FROM rows
  GROUP BY company_id, account_id, measure, category
"""

#: Balance of the liability accounts, and packs on invoices that have given nothing yet.
#: Those are found by their products: few items are, so none of the others is looked at.
BOOKS = """
    SELECT company_id, account_id, sum(balance), sum(unpaid)
      FROM (
        SELECT company_id, account_id, -sum(balance) AS balance, NULL AS unpaid
          FROM account_move_line
         WHERE company_id = ANY(%(companies)s) AND account_id = ANY(%(accounts)s)
           AND parent_state = 'posted' AND date <= %(last)s
      GROUP BY company_id, account_id
         UNION ALL
        SELECT line.company_id, line.account_id, NULL, -sum(line.balance)
          FROM product_template template
          JOIN product_product product ON product.product_tmpl_id = template.id
          JOIN account_move_line line ON line.product_id = product.id
          JOIN account_move move ON move.id = line.move_id
         WHERE template.booking_credit_pack
           AND line.booking_credit_lot_id IS NULL
           AND line.company_id = ANY(%(companies)s)
           AND line.account_id = ANY(%(accounts)s)
           AND line.parent_state = 'posted' AND line.date <= %(last)s
           AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
      GROUP BY line.company_id, line.account_id
           ) part
  GROUP BY company_id, account_id
"""
