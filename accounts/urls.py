from django.urls import path

from accounts import notification_views, views, wallet_views

app_name = "accounts"
urlpatterns = [
    path("", views.OverviewView.as_view(), name="overview"),
    path("token/", views.make_token, name="make_token"),
    path("token/revoke/", views.drop_token, name="drop_token"),
    path("custody-key/", views.CustodyExportView.as_view(), name="custody_export"),
    path("wallets/message/", wallet_views.wallet_message, name="wallet_message"),
    path("wallets/proof/", wallet_views.wallet_proof, name="wallet_proof"),
    path("wallets/sign-up/", wallet_views.WalletSignUpView.as_view(), name="wallet_sign_up"),
    path("wallets/confirm/", wallet_views.WalletConfirmView.as_view(), name="wallet_confirm"),
    path("wallets/link/", wallet_views.WalletLinkView.as_view(), name="wallet_link"),
    path("wallets/<int:wallet_id>/", wallet_views.WalletView.as_view(), name="wallet"),
    path("wallets/<int:wallet_id>/unlink/", wallet_views.WalletUnlinkView.as_view(), name="wallet_unlink"),
    path("notifications/", notification_views.listing, name="notifications"),
    path("notifications/read/", notification_views.read_all, name="read_all"),
    path("notifications/mail/", notification_views.choose, name="choose_mail"),
    path("notifications/<int:number>/", notification_views.opened, name="notification"),
    path("data.json", views.personal_data, name="personal_data"),
]
