"""The statements with which the ledger of credits is joined to the general ledger."""

#: Both ledgers side by side, one pair for each journal item: sums by account, and the
#: pairs that differ in any way. Entries without a journal item stay alone, by lot.
PAIRS = """
    WITH ledger AS (
        SELECT move_line_id, lot_id, posting_state, sum(value) AS total,
               COALESCE(sum(value) FILTER (WHERE date <= %(day)s), 0) AS at_day
          FROM booking_credit_entry
         WHERE company_id = %(company)s AND value <> 0
      GROUP BY move_line_id, lot_id, posting_state
    ), books AS (
        SELECT id, account_id, partner_id, booking_credit_lot_id AS lot_id,
               -balance AS total,
               CASE WHEN date <= %(day)s THEN -balance ELSE 0 END AS at_day
          FROM account_move_line
         WHERE company_id = %(company)s AND account_id = ANY(%(accounts)s)
           AND parent_state = 'posted' AND balance <> 0
    ), pairs AS (
        SELECT lot.liability_account_id AS ledger_account,
               books.account_id AS books_account, ledger.lot_id, ledger.move_line_id,
               ledger.posting_state, ledger.total AS ledger_total,
               ledger.at_day AS ledger_at, books.id AS books_id,
               books.lot_id AS books_lot, books.total AS books_total,
               books.at_day AS books_at,
               (ledger.total IS DISTINCT FROM books.total
                OR ledger.at_day IS DISTINCT FROM books.at_day
                OR ledger.lot_id IS DISTINCT FROM books.lot_id
                OR lot.liability_account_id IS DISTINCT FROM books.account_id
                OR owner.commercial_partner_id IS DISTINCT FROM books.partner_id
               ) AS differs
          FROM ledger
     FULL JOIN books ON books.id = ledger.move_line_id
     LEFT JOIN booking_credit_lot lot ON lot.id = ledger.lot_id
     LEFT JOIN res_partner owner ON owner.id = lot.partner_id
    )
    SELECT ledger_account, books_account, sum(ledger_at), sum(books_at),
           sum(ledger_total) FILTER (WHERE posting_state = 'posted'),
           sum(books_total) FILTER (WHERE books_lot IS NOT NULL),
           count(*),
           json_agg(json_build_array(lot_id, move_line_id, posting_state,
                                     ledger_total::text, ledger_at::text, books_id,
                                     books_lot, books_total::text, books_at::text))
               FILTER (WHERE differs)
      FROM pairs
  GROUP BY ledger_account, books_account
"""

#: what the movements behind differing pairs were, and who made the last of them
MOVEMENTS = """
    SELECT entry.lot_id, entry.move_line_id, entry.posting_state, count(*),
           max(entry.date),
           (array_agg(act.document ORDER BY entry.id DESC))[1],
           (array_agg(act.user_id ORDER BY entry.id DESC))[1]
      FROM booking_credit_entry entry
      JOIN booking_credit_operation act ON act.id = entry.operation_id
     WHERE entry.lot_id = ANY(%(lots)s) AND entry.value <> 0
       AND (entry.move_line_id IS NULL OR entry.move_line_id = ANY(%(lines)s))
  GROUP BY entry.lot_id, entry.move_line_id, entry.posting_state
"""
