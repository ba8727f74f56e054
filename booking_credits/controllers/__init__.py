from . import portal, report, statement
