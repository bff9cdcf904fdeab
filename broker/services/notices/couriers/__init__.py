"""How notices leave the house: as e-mail through one mail server, as signed calls to the webhooks of departments."""
