"""Sources that are reached over a network: which addresses may be called, and how media is fetched by HTTP.

Adapters of such sources open no connection of their own. A decoder never gets an address.
"""
