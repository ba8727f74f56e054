import {ModalRegistration} from "@website_event/interactions/modal_registration";
import {patch} from "@web/core/utils/patch";

patch(ModalRegistration.prototype, {
    /**
     * Override of `website_event`, which sends the form itself: the button that was
     * pressed decides where to, and what it stands for goes along.
     */
    async onSubmit(ev) {
        const button = ev.submitter;
        const form = ev.currentTarget;
        if (button?.hasAttribute("formaction")) {
            form.action = button.formAction;
            if (button.name) {
                const input = document.createElement("input");
                input.type = "hidden";
                input.name = button.name;
                input.value = button.value;
                this.insert(input, form);
            }
        }
        return super.onSubmit(...arguments);
    },
});
