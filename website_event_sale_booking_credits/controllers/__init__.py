from . import schedule, waiting
