import logging

from odoo import api, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class BookingCreditJob(models.AbstractModel):
    """How the jobs of this add-on run: batch by batch, each one committed.

    What fails is rolled back and reported; the next batch, and the next company, go
    on. A job that runs out of time says that something remains, so Odoo calls it
    again soon.
    """

    _name = "booking.credit.job"
    _description = "Booking Credit Job"

    @api.model
    def _run(self, job, batches):
        """Run ``batches``, and commit after each one.

        :param str job: what the job does, for the log
        :param batches: iterable of ``(company, function)``; the function does one
            batch and returns the records done, or their number
        :return: whether all batches had their turn
        """
        commit = self.env["ir.cron"]._commit_progress
        for company, function in batches:
            done = self._attempt(job, company, function)
            # What did nothing, or failed, comes again in the next run: only after
            # some work there is a reason to stop, or the rest would never be reached.
            if not commit(done, remaining=1) and done:
                return False
        commit(remaining=0)
        return True

    @api.model
    def _attempt(self, job, company, function):
        """Run one batch, and once more if somebody else moved the same records.

        :return: the number of records done; 0 if it failed
        """
        for is_last in (False, True):
            try:
                done = function()
                self.env.flush_all()
            except Exception as error:
                self.env.cr.rollback()
                lost_race = isinstance(
                    error, (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)
                )
                if is_last or not lost_race:
                    _logger.exception(
                        "Booking credits: the job “%s” failed for %s (company %s); "
                        "it goes on with the next batch",
                        job,
                        company.sudo().display_name,
                        company.id,
                    )
                    return 0
            else:
                return done if isinstance(done, int) else len(done or ())
        return 0

    @api.model
    def _get_batches(self, company, records, domain, size, function):
        """Yield batches for :meth:`_run`: the records of ``domain``, in id order.

        :param records: an empty recordset, with the environment to search in
        :param function: called with the records of one batch
        """
        last_id = 0
        while batch := records.search(
            domain & Domain("id", ">", last_id), limit=size, order="id"
        ):
            last_id = batch[-1].id
            yield company, lambda batch=batch: function(batch)
