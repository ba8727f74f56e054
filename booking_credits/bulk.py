"""Many rows in one statement: for the tables that only the ledger writes.

Each column travels as one array, so the statement has the same text whatever the
number of rows.
"""

from odoo.tools import SQL


def unnest(model, rows):
    """Return SQL for a table with one row for each dict of ``rows``.

    :param model: gives the type of each column
    :param list rows: at least one dict; all have the same keys, names of stored fields
    """
    return SQL(
        "unnest(%s)",
        SQL(", ").join(
            SQL(
                "%s::%s[]",
                [row[name] for row in rows],
                SQL(model._fields[name].column_type[0]),
            )
            for name in rows[0]
        ),
    )


def column_list(names, prefix=""):
    """Return SQL for a comma-separated list of columns."""
    return SQL(", ").join(SQL(prefix + "%s", SQL.identifier(name)) for name in names)


def insert_rows(model, rows):
    """Insert ``rows`` past the ORM; return the new records in the same order.

    :param model: an empty recordset; its user becomes the author
    :param list rows: see :func:`unnest`
    """
    inserted = model.env.execute_query(
        SQL(
            """
            INSERT INTO %(table)s
                        (create_uid, create_date, write_uid, write_date, %(columns)s)
                 SELECT %(uid)s, %(now)s, %(uid)s, %(now)s, new.*
                   FROM %(rows)s AS new
              RETURNING id
            """,
            table=SQL.identifier(model._table),
            columns=column_list(rows[0]),
            rows=unnest(model, rows),
            uid=model.env.uid,
            now=model.env.cr.now(),
        )
    )
    return model.browse([record_id for (record_id,) in inserted])
