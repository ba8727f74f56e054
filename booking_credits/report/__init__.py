from . import report_statement, report_table, report_voucher
