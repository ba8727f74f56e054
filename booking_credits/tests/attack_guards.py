"""The tests of the guards are tested: without its guard, an attack must succeed."""

from unittest.mock import patch

from odoo.tools import mute_logger

#: how an attack shows: an assertion, or an error that is no sentence
SEEN = ("AssertionError", "ValueError", "OverflowError")


class AttackGuardsCase:
    """Takes each guard away, and looks whether an attack notices.

    To be mixed into the test class whose tests are the attacks.
    """

    @mute_logger("odoo.sql_db", "odoo.http")
    def _check_guards(self, guards):
        """Return the guards that no attack needs, and the attacks that fail with them.

        :param dict guards: name of an attack (a test of this class, or a method that
            returns what went wrong) by guard: ``(model, method)``, or the path of a
            function; where a guard answers something, the attack and what it answers
            when it is not there
        """
        wrong = []
        for guard, attack in guards.items():
            attack, answer = attack if isinstance(attack, tuple) else (attack, "")
            if red := self._is_red(attack):
                wrong.append(f"{attack} fails with {guard}: {red}")
                continue
            with self._without(guard, answer):
                red = self._is_red(attack)
            if not red:
                wrong.append(f"nothing happens without {guard}: {attack}")
            elif isinstance(red, str) and not red.startswith(SEEN):
                wrong.append(f"{attack} breaks without {guard}: {red}")
        return wrong

    def _is_red(self, attack):
        """Return what an attack complains about; empty if it was held off."""
        point = self.env.cr.savepoint()
        try:
            return getattr(self, attack)() or ""
        except Exception as error:  # red is red
            return f"{type(error).__name__}: {error}"[:300] or "red"
        finally:
            self.env.invalidate_all(flush=False)
            self.env.transaction.clear()
            point.rollback()
            point.close(rollback=False)

    def _without(self, guard, answer):
        """Return the patch that takes ``guard`` away."""

        def nothing(*_args, **_kwargs):
            return answer

        if isinstance(guard, str):
            return patch(guard, nothing)
        model, method = guard
        klass = self.registry[model]
        if hasattr(getattr(klass, method), "_constrains"):
            constraints = self.env[model]._constraint_methods
            kept = [each for each in constraints if each.__name__ != method]
            return patch.object(klass, "_constraint_methods", kept)
        if hasattr(getattr(klass, method), "_ondelete"):
            refusals = self.env[model]._ondelete_methods
            kept = [each for each in refusals if each.__name__ != method]
            return patch.object(klass, "_ondelete_methods", kept)
        return patch.object(klass, method, nothing)
