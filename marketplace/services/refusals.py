"""Why the market refuses a purchase, in a buyer's words."""

from django.utils.translation import gettext as _


def purchase_refusal(error: str) -> str:
    """A sentence for the chain's error, which names the contract's error; one we do not know is shown as it is."""
    for name, sentence in _sentences().items():
        if name in error:
            return sentence
    return _("The chain refused the purchase (%(error)s).") % {"error": error}


def _sentences() -> dict[str, str]:
    return {
        "Market__PriceAboveMaximum": _("The price has risen since you looked."),
        "Market__WrongValue": _("The price has changed since you looked."),
        "Market__Expired": _("The purchase was agreed for half an hour, which is over."),
        "Market__Void": _("This signature was used before, or canceled."),
        "Market__BadSignature": _("The signature is not by the wallet that pays."),
        "LicenseMarket__SoldOut": _("The last license was sold just before."),
        "LicenseMarket__EntryIsClosed": _("An exclusive license was sold just before; nothing more is sold of it."),
        "LicenseMarket__WalletCap": _("Your wallet has bought as many of these as one may."),
        "LicenseMarket__NoOffer": _("This license is not on offer any more."),
        "LicenseMarket__OutsideWindow": _("This license is not on offer at this time."),
        "ERC20InsufficientBalance": _("Your wallet holds too little of the currency."),
        "ERC20InsufficientAllowance": _("Your wallet does not let the market take the price."),
        "DesignShares__NotAccepting": _("This design is not for sale any more."),
        "DesignShares__CurrencyIsClosed": _("Nothing is sold in this currency any more."),
        "EnforcedPause": _("All sales are paused at the moment."),
    }
