from . import report_table, report_voucher
