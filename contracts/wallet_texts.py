"""What the wallet island says: every way in which asking a wallet can end has a sentence and a next step."""

from django.utils.translation import gettext as _


def wallet_texts() -> dict[str, str]:
    """Texts by key, in the language of this request."""
    return {**_choosing(), **_problems(), **_relay(), **_demo()}


def _choosing() -> dict[str, str]:
    return {
        "choose_title": _("Choose a wallet"),
        "choose_text": _("These wallets of your browser have announced themselves."),
        "none_found": _("No wallet was found in this browser. Install one and reload, or go on without a wallet."),
        "cancel": _("Cancel"),
    }


def _problems() -> dict[str, str]:
    nothing = _("Nothing was signed and nothing was paid.")
    return {
        "rejected_sentence": _("You declined it in your wallet."),
        "rejected_next": nothing + " " + _("Press the button again when you want to go on."),
        "timeout_sentence": _("Your wallet has not answered."),
        "timeout_next": nothing + " " + _("Open your wallet, look for a waiting request, and try again."),
        "waiting_sentence": _("Your wallet is already asking you something."),
        "waiting_next": _("Open your wallet and answer it there, then try again."),
        "wrong_account_sentence": _("Your wallet shows another account, %(found)s."),
        "wrong_account_next": nothing + " " + _("Choose the account %(wanted)s in your wallet and try again."),
        "wrong_chain_sentence": _("Your wallet is on another network."),
        "wrong_chain_next": nothing + " " + _("Choose the network %(chain)s in your wallet and try again."),
        "no_wallet_sentence": _("No wallet was found in this browser."),
        "no_wallet_next": _("Install a wallet and reload this page, or go on without one."),
        "replaced_sentence": _("Another transaction took the place of this one in your wallet."),
        "replaced_next": _("This one will never happen. Look at your wallet's activity, then start again from here."),
        "canceled_sentence": _("You canceled the transaction in your wallet."),
        "canceled_next": _("Only its fee was spent. Start again when you want to go on."),
        "failed_sentence": _("It did not go through. %(reason)s"),
        "failed_next": _(
            "Nothing but a fee can have been spent. Reload the page to see where it stands, and try again."
        ),
        "slow_sentence": _("The chain has not taken it yet."),
        "slow_next": _("It goes on by itself, also without this page. You may speed it up in your wallet."),
        "too_little_sentence": _("The account holds too little for this."),
        "too_little_next": nothing + " " + _("Add to its balance, or pay in another way."),
        "unreachable_sentence": _("The chain cannot be reached right now."),
        "unreachable_next": _("What was sent goes on by itself. Try again in a minute."),
    }


def _relay() -> dict[str, str]:
    return {
        "wc_site": _("A marketplace for generative designs"),
        "wc_title": _("Connect a wallet on your phone"),
        "wc_text": _("Scan the picture with your wallet, or open the wallet when it is on this device."),
        "wc_picture": _("Picture of the connection for the camera of your wallet"),
        "wc_open": _("Open the wallet here"),
    }


def _demo() -> dict[str, str]:
    return {
        "demo_name": _("Loomprint demo wallet (test money)"),
        "demo_label": _("Demo wallet · test money on the local chain, worth nothing"),
        "demo_connect_title": _("Show an account to this site?"),
        "demo_choose_account": _("Account"),
        "demo_account": _("Demo account %(number)s"),
        "demo_connect": _("Connect"),
        "demo_reject": _("Reject"),
        "demo_sign_title": _("Sign this?"),
        "demo_sign": _("Sign"),
        "demo_send_title": _("Send this transaction?"),
        "demo_send": _("Send"),
        "demo_what": _("What is asked"),
        "demo_by": _("By"),
        "demo_message": _("Message"),
        "demo_kind": _("Kind"),
        "demo_for": _("For"),
        "demo_chain": _("Chain"),
        "demo_contract": _("Contract"),
        "demo_value": _("Sends"),
        "demo_call": _("Calls"),
        "demo_data": _("Data"),
    }
