import {WebsiteSale} from "@website_sale/interactions/website_sale";
import {patch} from "@web/core/utils/patch";
import wSaleUtils from "@website_sale/js/website_sale_utils";

/** The field for the start of a booking that belongs to a button. */
function findStart(form) {
    const product = form?.closest(".js_product") ?? form;
    return product?.querySelector("input[name='booking_start']");
}

patch(WebsiteSale.prototype, {
    /** Override of `website_sale`: a booking needs its start first. */
    async _addToCart(el) {
        const start = findStart(wSaleUtils.getClosestProductForm(el));
        if (start && !start.reportValidity()) {
            return undefined;
        }
        return super._addToCart(...arguments);
    },

    /** Override of `website_sale` to send the start along. */
    _updateRootProduct(form) {
        super._updateRootProduct(...arguments);
        const start = findStart(form);
        if (start) {
            this.rootProduct.booking_start = start.value;
        }
    },

    /** Override of `website_sale`: what a pack gives follows the chosen variant. */
    _onChangeCombination(ev, parent, combination) {
        super._onChangeCombination(...arguments);
        const info = combination.booking_info || {};
        for (const el of parent.querySelectorAll("[data-booking-info]")) {
            const text = info[el.dataset.bookingInfo] || "";
            el.textContent = text;
            el.classList.toggle("d-none", !text);
        }
    },
});
