from . import report_import
