from . import report_statement, report_voucher
