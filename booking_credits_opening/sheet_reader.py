"""Reads the rows of a spreadsheet: Excel (xlsx) or text (csv).

Bytes in, rows of plain values out; nothing is known here of credits.
"""

import csv
import io
import math
from datetime import date, datetime


class SheetError(ValueError):
    """The file is no spreadsheet that can be read."""


def read_rows(content, name):
    """Return the rows of the first sheet, as lists of values without empty rows.

    :param bytes content: the file
    :param str name: its name, whose ending tells what it is
    :raise SheetError: if it is neither xlsx nor csv, or damaged
    """
    if name.lower().endswith(".xlsx") or content[:2] == b"PK":
        rows = _read_xlsx(content)
    elif name.lower().endswith((".csv", ".txt")):
        rows = _read_csv(content)
    else:
        raise SheetError(name)
    return [row for row in rows if any(value not in (None, "") for value in row)]


def _read_xlsx(content):
    # a dependency of Odoo, read only when somebody imports, as Odoo does
    import openpyxl

    try:
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True
        )
    except Exception as error:
        raise SheetError(str(error)) from error
    sheet = book.worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def _read_csv(content):
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    head = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=head.count)
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def as_text(value):
    """Return a cell as text: a customer number typed as number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # PostgreSQL keeps no NUL
    return str(value).replace("\0", "").strip()


def as_number(value):
    """Return a cell as number: 1234.5, “1,234.50”, “1 234,50”; None if it is empty.

    :raise ValueError: if it is no number
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return _finite(float(value))
    text = str(value).strip()
    for blank in " \u00a0\u202f'":
        text = text.replace(blank, "")
    # what comes last is the decimal sign
    if text.rfind(",") > text.rfind("."):
        text = text.replace(".", "").replace(",", ".")
    else:
        text = text.replace(",", "")
    return _finite(float(text))


def _finite(number):
    """Return ``number``; “nan” and “inf” are words, not numbers."""
    if not math.isfinite(number):
        raise ValueError(number)
    return number


def as_date(value, formats=()):
    """Return a cell as date; None if it is empty.

    :param formats: other ways of writing a day, beside 2026-01-31
    :raise ValueError: if it is no date
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    for pattern in ("%Y-%m-%d", *formats, "%d/%m/%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise ValueError(text)
