"""What laws say about prepaid credits, as settings to begin with.

Nothing here is advice: each preset names the texts that it rests on, for the company's
accountant to confirm. Plain data, no ORM.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings of one country or province, and where they come from."""

    name: str
    source: str
    #: whether what was sold may expire at all
    expiry_allowed: bool = True
    #: shortest validity of a pack that is sold, in months; 0: none
    min_months: int = 0
    #: when what is unused becomes income: ``on_expiry`` or ``remote``
    breakage_method: str = "on_expiry"
    #: months without any movement after which use is unlikely
    dormancy_months: int = 0
    #: the two letters of the country that this preset is for; None: any other
    country: str | None = None


PRESETS = {
    "generic": Preset("Other countries", "No text: ask your accountant."),
    "FR": Preset(
        "France",
        "CGI art. 256 ter and 266-1-a bis; BOI-TVA-CHAMP-10-10-40-50. No shortest "
        "validity in the law: the terms must be stated.",
        country="FR",
    ),
    "BE": Preset(
        "Belgium",
        "Circular 2020/C/121 on vouchers; VAT on unused single-purpose vouchers is not "
        "given back.",
        country="BE",
    ),
    "DE": Preset(
        "Germany",
        "§ 3 (13) to (15) UStG; BMF letter of 2 November 2020; limitation of three "
        "years, § 195 BGB.",
        min_months=36,
        country="DE",
    ),
    "CZ": Preset(
        "Czech Republic",
        "Sections 15, 15a and 15b of the VAT Act; note 59727/19 of the General "
        "Financial Directorate.",
        country="CZ",
    ),
    "QC": Preset(
        "Québec",
        "Consumer Protection Act, as told by the Office de la protection du "
        "consommateur (opc.gouv.qc.ca, prepaid cards): they may not expire, not even "
        "for one service; passes for unlimited use during a period may.",
        expiry_allowed=False,
        breakage_method="remote",
        dormancy_months=36,
    ),
    "ON": Preset(
        "Ontario",
        "Ontario Regulation 17/05 under the Consumer Protection Act, s. 25.1: gift "
        "cards may not expire, except those for one specific good or service, as packs "
        "of classes are. Credit in money that is sold may not.",
    ),
    "US": Preset(
        "United States",
        "Regulation E, 12 CFR 1005.20: gift cards with an amount are valid for five "
        "years at least; packs of visits are arguable. State law may ask for more "
        "(California, Civil Code 1749.5: no expiry), and for the handing over of "
        "unclaimed property.",
        min_months=60,
    ),
    "IE": Preset(
        "Ireland",
        "Consumer Protection (Gift Vouchers) Act 2019: gift vouchers are valid for "
        "five years at least (ccpc.ie); not vouchers of loyalty schemes.",
        min_months=60,
        country="IE",
    ),
}
