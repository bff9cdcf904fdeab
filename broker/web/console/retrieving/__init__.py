"""The investigator's desk: grants, orders under them, results shown and compared, packages made of them."""
