from django.urls import path

from marketplace import browsing, resource_views, views, wallet_views

app_name = "marketplace"
urlpatterns = [
    path("", browsing.home, name="home"),
    path("search/", browsing.search, name="search"),
    path("creators/<uuid:public_id>/", browsing.creator, name="creator"),
    path("entries/<uuid:public_id>/", resource_views.resource, name="resource"),
    path("entries/<uuid:public_id>/status/", resource_views.resource_status, name="resource_status"),
    path("d/<uuid:public_id>/", views.design, name="design"),
    path("d/<uuid:public_id>/buy/<str:terms_hash>/", views.checkout, name="checkout"),
    path("d/<uuid:public_id>/buy/<str:terms_hash>/wallet/", wallet_views.quote, name="wallet_quote"),
    path("d/<uuid:public_id>/buy/<str:terms_hash>/wallet/order/", wallet_views.place, name="wallet_order"),
    path("orders/", views.orders, name="orders"),
    path("orders/<uuid:public_id>/signature/", wallet_views.signature, name="order_signature"),
    path("orders/<uuid:public_id>/sent/", wallet_views.sent, name="order_sent"),
    path("orders/<uuid:public_id>/cancel/", wallet_views.cancel, name="order_cancel"),
    path("orders/<uuid:public_id>/", views.order, name="order"),
    path("orders/<uuid:public_id>/status/", views.order_status, name="order_status"),
    path("d/<uuid:public_id>/status/", views.design_status, name="design_status"),
    path("robots.txt", views.robots, name="robots"),
    path("health/", views.health, name="health"),
]
