"""Writes the table of an accountant's report as an Excel workbook.

Plain values in, bytes out. Numbers are written as numbers, in the format of their
column; the header stays in sight; totals are sums that Excel computes again.
"""

import io
from datetime import date

#: width of a column, by its type
WIDTHS = {"text": 34, "date": 12, "units": 14, "value": 16, "count": 10, "percent": 10}

#: names of customers are text, whatever they look like: nothing that somebody typed is
#: a formula or a link in the accountant's workbook
TEXT_ONLY = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

#: what the first columns say about a row
LEADING = (("company", 24), ("section", 40), ("label", 44))


def write_workbook(table, labels):
    """Return the bytes of a workbook with the rows of ``table``.

    :param dict table: see ``booking.credit.report._get_table``
    :param dict labels: headings of the leading columns, by name
    """
    # a dependency of Odoo, read only when somebody exports, as Odoo does
    import xlsxwriter

    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, TEXT_ONLY)
    sheet = book.add_worksheet(table["title"][:31].replace("/", "-"))
    styles = _Styles(book)
    sheet.write(0, 0, table["title"], styles.get(bold=True, font_size=14))
    for number, line in enumerate(table["subtitles"], start=1):
        sheet.write(number, 0, line)
    head = len(table["subtitles"]) + 2
    _write_header(sheet, head, table, labels, styles)
    last = _write_rows(sheet, head + 1, table, styles)
    sheet.freeze_panes(head + 1, len(LEADING))
    sheet.autofilter(head, 0, max(last - 1, head), _width(table) - 1)
    for number, note in enumerate(table["notes"], start=last + 1):
        sheet.write(number, 0, note, styles.get(italic=True))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)
    book.close()
    return output.getvalue()


def write_template(title, labels):
    """Return the bytes of an empty workbook with these headings."""
    import xlsxwriter

    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, TEXT_ONLY)
    sheet = book.add_worksheet(title[:31])
    head = _Styles(book).get(bold=True, bg_color="#E7E9ED", bottom=1)
    sheet.set_column(0, len(labels) - 1, 22)
    sheet.write_row(0, 0, labels, head)
    sheet.freeze_panes(1, 0)
    book.close()
    return output.getvalue()


class _Styles:
    """Cell formats, each made once."""

    def __init__(self, book):
        self.book, self.made = book, {}

    def get(self, **values):
        """Return the format with these properties."""
        key = tuple(sorted(values.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(values)
        return self.made[key]


def _width(table):
    return len(LEADING) + len(table["columns"])


def _write_header(sheet, row, table, labels, styles):
    style = styles.get(bold=True, bg_color="#E7E9ED", bottom=1, text_wrap=True)
    for number, (name, width) in enumerate(LEADING):
        sheet.set_column(number, number, width)
        sheet.write(row, number, labels[name], style)
    for number, column in enumerate(table["columns"], start=len(LEADING)):
        sheet.set_column(number, number, WIDTHS[column["type"]])
        sheet.write(row, number, column["label"], style)


def _write_rows(sheet, row, table, styles):
    """Write all rows from ``row`` on; return the first free row."""
    for section in table["sections"]:
        first = row
        for line in section["rows"]:
            look = {}
            if line["kind"] in ("total", "opening"):
                look["bold"] = True
            if line["kind"] == "total":
                look["top"] = 1
            elif line["kind"] == "note":
                look["italic"] = True
            for number, text in enumerate(
                (section["company"], section["title"], line["label"])
            ):
                sheet.write(row, number, text, styles.get(**look))
            for number, column in enumerate(table["columns"], start=len(LEADING)):
                value = line["cells"].get(column["name"])
                style = styles.get(**look, **_number_format(column, section))
                summed = line.get("sums") and column["type"] in ("units", "value")
                if summed and row > first:
                    _write_sum(sheet, first, row, number, value, style)
                else:
                    _write_cell(sheet, row, number, value, style)
            row += 1
    return row


def _write_sum(sheet, first, row, number, value, style):
    # imported where it is used, see write_workbook
    from xlsxwriter.utility import xl_rowcol_to_cell

    top = xl_rowcol_to_cell(first, number)
    bottom = xl_rowcol_to_cell(row - 1, number)
    sheet.write_formula(
        row, number, f"=SUM({top}:{bottom})", style, float(value or 0.0)
    )


def _write_cell(sheet, row, number, value, style):
    if value is None or value == "":
        sheet.write_blank(row, number, None, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, number, value, style)
    elif isinstance(value, str):
        sheet.write_string(row, number, value, style)
    else:
        sheet.write_number(row, number, float(value), style)


def _number_format(column, section):
    if column["type"] == "value":
        places = section["decimal_places"]
        return {"num_format": "#,##0" + ("." + "0" * places if places else "")}
    return {
        "units": {"num_format": "#,##0.####"},
        "count": {"num_format": "#,##0"},
        "percent": {"num_format": "0.0%"},
        "date": {"num_format": "yyyy-mm-dd"},
    }.get(column["type"], {})
