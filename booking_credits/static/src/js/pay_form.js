import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";
import {useEffect} from "@odoo/owl";

/**
 * The dialog "Pay with Credits" shows the best choice: Enter takes it.
 */
export class PayFormController extends formView.Controller {
    setup() {
        super.setup();
        useEffect(
            () => {
                const modal = this.rootRef.el?.closest(".modal");
                modal?.querySelector(".modal-footer .btn-primary:enabled")?.focus();
            },
            () => []
        );
    }
}

registry.category("views").add("booking_credit_pay_form", {
    ...formView,
    Controller: PayFormController,
});
